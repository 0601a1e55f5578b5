"""A verdict that kept a right program, to be changed by `dataclasses.replace`."""

from vpd.records import Verdict

VERDICT = Verdict(
    verdict_id="v0",
    question_id="q1",
    candidate_id="c0",
    program_id="p0",
    trace_id="t0",
    probe_id=None,
    policy="label@1",
    scorer="m@1",
    outcome="answered",
    answer="2",
    correct=True,
    agreement=1.0,
    alike=1.0,
    call_graphs=1,
    fits=True,
    tried=0,
    tried_right=0,
    luck=None,
    looked=None,
    shortcut=False,
    ignored=(),
    confidence=None,
    logprob=None,
    kept=True,
    kept_by=("label@1",),
    chosen=True,
    refused_by=None,
    reason="the answer equals a label",
)
