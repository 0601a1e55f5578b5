import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from vpd_assets.partitions import RANGE_END, RANGE_START, add_shards, all_shards, range_tags

NAMES = [f"demo-{i:03d}" for i in range(8)]


def covered(order: list[str], tags: list[dict[str, str]]) -> list[str]:
    return [s for t in tags for s in order[order.index(t[RANGE_START]) : order.index(t[RANGE_END]) + 1]]


def test_add_shards_again_adds_only_the_new_ones():
    with dg.DagsterInstance.ephemeral() as instance:
        assert add_shards(instance, NAMES[:3]) == NAMES[:3]
        assert add_shards(instance, NAMES[:4]) == [NAMES[3]]
        assert list(all_shards(instance)) == NAMES[:4]


@given(st.permutations(NAMES), st.sets(st.sampled_from(NAMES)))
def test_range_tags_of_any_shards_cover_exactly_those_in_fewest_runs(order, wanted):
    tags = range_tags(order, wanted)
    assert set(covered(order, tags)) == wanted
    starts = [name for before, name in zip([None, *order], order, strict=False) if before not in wanted]
    assert len(tags) == len(wanted.intersection(starts))
