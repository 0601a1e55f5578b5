"""What is refused without a picture is what the real tools refuse of a region with an object."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.tools.names import SYNONYMS, VALUES
from vpd.tools.protocol import ToolFailure
from vpd.tools.toolset import SCENES

WORDS = sorted(
    {w for words in VALUES.values() for w in words} | {*SYNONYMS, "dog", "of", "object", "the", "man"}
)
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
questions = st.one_of(
    names.map("How many {}s are there?".format),
    names.map("Is there a {}?".format),
    names.map("Is it {}?".format),
    names.map("What color is the {}?".format),
    names.map("Why is the {} here?".format),
    st.tuples(names, names).map(lambda pair: "Is it {} or {}?".format(*pair)),
    st.text(min_size=1, max_size=30),
)
calls = st.one_of(
    st.tuples(st.sampled_from(["find", "exists"]), st.tuples(names)),
    st.tuples(st.just("verify_property"), st.tuples(names, names)),
    st.tuples(st.just("simple_query"), st.tuples(questions)),
    st.tuples(st.just("best_text_match"), st.tuples(st.lists(names, min_size=1, max_size=3).map(tuple))),
    st.tuples(st.just("compute_depth"), st.just(())),
)


@given(calls)
@settings(max_examples=400)
def test_scene_refusal_is_what_the_real_tool_says_where_there_is_an_object(scenes_tools, cases, ask, call):
    method, args = call
    answer = ask(scenes_tools, method, cases["full"][0][1], *args)
    assert SCENES.refuses(method, args) == (answer if isinstance(answer, ToolFailure) else None)


def test_scene_refusal_of_a_method_that_scenes_lack_is_none():
    assert SCENES.refuses("read_text", ()) is None


def test_refusal_of_a_replaced_method_is_no_longer_known():
    own = SCENES.plus(SCENES.methods["find"], lambda: None)
    assert own.refuses("find", ("dog",)) is None
    assert own.refuses("exists", ("dog",)) == SCENES.refuses("exists", ("dog",))
