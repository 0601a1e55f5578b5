"""Mixtures of data sets: shares, order, ranks and resumption, over a store whose sources differ in size."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.distill.conftest import picture
from vpd.distill.config import Arm, TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.epochs import Epochs
from vpd.distill.mixture import Turns, mix
from vpd.errors import ConfigError, DataError
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

PICTURES = {"few": (2, 3), "many": (7, 8, 6), "one": (1,)}  # training pictures by source and shard
SHARDS = tuple(f"{name}-{n:03d}" for name, shards in PICTURES.items() for n in range(len(shards)))
WEIGHTS = {"few": 1.0, "many": 3.0, "one": 0.5}


def rows(store: ArtifactStore, source: str, number: int, split: str) -> Iterator[Example]:
    """One to four questions about one picture, every second with a rationale."""
    image_id = store.put_blob(picture(number))
    for question in range(1 + number % 4):
        name = f"{source}-{split}-{number}-{question}"
        for mode in ("answer", "rationale")[: 1 + question % 2]:
            yield Example(
                f"{name}-{mode}",
                name,
                f"{image_id}",
                split,
                "count",
                False,
                mode,
                "?",
                "1",
                "1",
                None,
                None,
                "",
            )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    made = ArtifactStore.open(str(tmp_path_factory.mktemp("mixture")))
    for base, (source, shards) in enumerate(PICTURES.items()):
        for index, pictures in enumerate(shards):
            first = 100 * base + 10 * index
            found = [row for n in range(pictures) for row in rows(made, source, first + n, "train")]
            found += rows(made, source, first + 9, "val")
            made.write_shard(EXAMPLES, f"{source}-{index:03d}", EXAMPLES.frame(found), "made")
    return made


def questions(
    store: ArtifactStore,
    count: int,
    *,
    mixture: Mapping[str, float] = WEIGHTS,
    shards: tuple[str, ...] = SHARDS,
    arm: Arm = "student",
    seed: int = 0,
) -> list[Any]:
    examples = Examples(store, shards, arm, seed, mixture)
    return list(islice(chain.from_iterable(examples.batches(1, Part(), questions=1)), count))


def ids(found: list[Any]) -> list[str]:
    return [question.question_id for question in found]


def source(question_id: str) -> str:
    return question_id.split("-")[0]


@cache
def whole(store: ArtifactStore) -> list[str]:
    return ids(questions(store, 400))


weights = st.dictionaries(st.sampled_from("abcde"), st.floats(0.01, 100), min_size=1)
sizes = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=5
)


def epochs(name: str, pictures: list[int]) -> Epochs[str]:
    """A data set of one shard whose questions are called after it."""
    return Epochs([name], 0, lambda _: [[name] * size for size in pictures], lambda _: pictures)


@settings(max_examples=60)
@given(weights=weights, sizes=sizes, count=st.integers(1, 300))
def test_mix_shares_are_right_to_within_a_picture_of_each_data_set(
    weights: dict[str, float], sizes: dict[str, list[int]], count: int
) -> None:
    mixed = mix(weights, {name: epochs(name, sizes[name]) for name in weights}, 0)
    given_by = Counter(islice(mixed, count))
    total, slack = sum(weights.values()), sum(max(sizes[name]) for name in weights)
    for name, weight in weights.items():
        assert abs(given_by[name] - count * weight / total) <= slack


@settings(max_examples=60)
@given(weights=weights, sizes=sizes, start=st.integers(0, 200))
def test_mix_from_any_question_on_is_the_rest_of_the_whole(
    weights: dict[str, float], sizes: dict[str, list[int]], start: int
) -> None:
    data_sets = {name: epochs(name, sizes[name]) for name in weights}
    from_the_first = list(islice(mix(weights, data_sets, 0), start + 30))
    assert list(islice(mix(weights, data_sets, start), 30)) == from_the_first[start:]


def test_turns_do_not_depend_on_the_order_or_the_sum_of_the_weights() -> None:
    def turns(weights: Mapping[str, float]) -> Iterator[str]:
        order = Turns(weights)
        for _ in range(30):
            yield order.next()
            order.give(order.next(), 2)

    assert list(turns({"a": 1, "b": 3})) == list(turns({"b": 0.75, "a": 0.25}))


@settings(max_examples=20)
@given(world=st.sampled_from([1, 2, 4]), each=st.integers(1, 3), start=st.integers(0, 25))
def test_mixture_of_all_ranks_together_is_that_of_one_from_any_step_on(
    store: ArtifactStore, world: int, each: int, start: int
) -> None:
    size = world * each
    parts = []
    for rank in range(world):
        batches = Examples(store, SHARDS, "student", 0, WEIGHTS).batches(
            size, Part(rank, world), questions=1, start=start
        )
        parts.append([ids(batch) for batch in islice(batches, 3)])
    together = [name for step in zip(*parts, strict=True) for part in step for name in part]
    assert together == whole(store)[start * size : (start + 3) * size]


def test_mixture_keeps_the_questions_of_a_picture_together(store: ArtifactStore) -> None:
    runs = [list(run) for _, run in groupby(whole(store), key=lambda name: name.rpartition("-")[0])]
    assert all(run == sorted(run) and run[0].endswith("-0") for run in runs)


def test_mixture_reaches_every_question_of_a_source_once_an_epoch(store: ArtifactStore) -> None:
    few = [name for name in whole(store) if source(name) == "few"]
    all_few = set(few)
    first, second = few[: len(all_few)], few[len(all_few) : 2 * len(all_few)]
    assert set(first) == set(second) == all_few
    assert first != second


def test_mixture_of_twins_is_the_same_and_of_another_seed_is_not(store: ArtifactStore) -> None:
    assert ids(questions(store, 60, arm="instruct")) == whole(store)[:60]
    assert ids(questions(store, 60, seed=1)) != whole(store)[:60]


def test_mixture_for_the_rationale_arm_resumes_among_questions_that_have_one(store: ArtifactStore) -> None:
    examples = Examples(store, SHARDS[:5], "rationale", 0, {"few": 1.0, "many": 1.0})
    from_the_first = list(islice(examples.batches(3, Part(), questions=1), 12))
    assert list(islice(examples.batches(3, Part(), questions=1, start=9), 3)) == from_the_first[9:]


def test_mixture_of_one_source_is_the_sequence_without_a_mixture(store: ArtifactStore) -> None:
    many = SHARDS[2:5]
    mixed = ids(questions(store, 150, shards=many, mixture={"many": 2.0}))
    asked = len(set(mixed))
    plain = Examples(store, many, "student", 0).batches(1, Part(), questions=asked)
    assert mixed == ids(list(islice(chain.from_iterable(plain), 150)))


def test_mixture_reads_a_shard_once_however_much_it_skips(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: Counter[str] = Counter()
    real = ArtifactStore.read_shard

    def counted(self: ArtifactStore, table: Any, shard: str) -> Any:
        read[shard] += 1
        return real(self, table, shard)

    monkeypatch.setattr(ArtifactStore, "read_shard", counted)
    next(Examples(store, SHARDS, "student", 0, WEIGHTS).batches(4, Part(), questions=1, start=2000))
    assert max(read.values()) <= 2  # once to count its questions, once if it is the next to be trained on


def test_validation_of_a_mixture_takes_of_every_source_by_its_weight(store: ArtifactStore) -> None:
    found = Examples(store, SHARDS, "student", 0, {"few": 1.0, "many": 1.0, "one": 0.0}).validation(4)
    assert Counter(source(row.question_id) for row in found) == {"few": 2, "many": 2}


def test_survey_of_a_mixture_with_a_source_that_has_no_train_split_names_it(store: ArtifactStore) -> None:
    empty = ArtifactStore.open(f"{store.uri}/again")
    for shard in SHARDS:
        frame = store.read_shard(EXAMPLES, shard)
        empty.write_shard(
            EXAMPLES, shard, frame.filter(frame["split"] == "val") if "one" in shard else frame, "f"
        )
    Examples(empty, SHARDS, "student", 0, WEIGHTS | {"one": 0.0}).survey()
    with pytest.raises(DataError, match="one has a weight"):
        Examples(empty, SHARDS, "student", 0, WEIGHTS).survey()


@pytest.mark.parametrize(
    ("mixture", "said"),
    [
        ({"few": 1, "many": 1, "one": 1, "gqa": 2}, "gqa"),
        ({"few": 1, "many": 1}, "one"),
        ({"few": 1, "many": -1, "one": 1}, "many"),
        ({"few": 0, "many": 0, "one": 0}, "few, many, one"),
    ],
)
def test_mixture_with_weights_that_do_not_fit_the_shards_is_refused(
    tmp_path: Path, mixture: dict[str, float], said: str
) -> None:
    fields = {"store": "s", "shards": SHARDS, "arm": "student", "output": tmp_path}
    config = TrainConfig.model_validate(fields).model_copy(update={"mixture": mixture})
    config.save(tmp_path / "run.json")
    with pytest.raises(ConfigError) as refused:
        TrainConfig.load(tmp_path / "run.json")
    assert "mixture" in str(refused.value)
    assert said in str(refused.value)
