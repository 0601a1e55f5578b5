"""Sampling speed: tokens per second of the sampler over those of the bare endpoint at the same concurrency.

Bare is what no sampler can beat: the same requests posted by as many threads, answers thrown away. Two
endpoints: a simulated hosted one (2 s a request, 16 at once) and the live embedded model. Turns of both
follow each other, each with a seed of its own so that nothing comes from a cache of answers.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from vpd.chat.embedded import SAMPLER_MODEL, EmbeddedServer, find_model
from vpd.chat.endpoint import EndpointConfig
from vpd.chat.request import Request
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import EASY
from vpd.sampling.plan import Plan
from vpd.sampling.prompt import Asked
from vpd.sampling.request import SamplingConfig, build_request
from vpd.sampling.sampler import open_sampler
from vpd.settings import Settings, load_settings
from vpd.tools.toolset import SCENES

SECONDS = 2.0  # 70 tokens at 35 a second
SIMULATED = {"texts": 128, "concurrency": 16, "turns": 3}
LIVE = {"texts": 3, "concurrency": 1, "turns": 3}
TOKENS = 70


def speed() -> dict[str, Any]:
    """Measure both endpoints."""
    with _hosted() as url:
        simulated = _compared(url, **SIMULATED)
    settings = load_settings()
    server = EmbeddedServer(find_model(SAMPLER_MODEL, settings.model_dir), slots=5, threads=2)
    return {"simulated endpoint": simulated, "embedded model": _compared(server.url, **LIVE)}


def _compared(url: str, texts: int, concurrency: int, turns: int) -> dict[str, Any]:
    """Take turns; return tokens per second of both and the ratio: least, median, greatest."""
    ways: dict[str, Callable[[str, Sequence[str], int, int], float]] = {"bare": _bare, "sampler": _sampler}
    asked = [form.text for form in bank(EASY)][:: len(bank(EASY)) // texts][:texts]
    _bare(url, asked[:concurrency], concurrency, seed=999)  # the first prompt is read by nobody's cost
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(turns):
        for number, (way, ask) in enumerate(ways.items()):
            rates[way].append(ask(url, asked, concurrency, 10 * turn + number))
    ratios = [s / b for s, b in zip(rates["sampler"], rates["bare"], strict=True)]
    return {
        "concurrency": concurrency,
        **{f"{way}_tokens_per_second": _spread(found) for way, found in rates.items()},
        "sampler_over_bare": _spread(ratios),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def _bare(url: str, texts: Sequence[str], concurrency: int, seed: int) -> float:
    config = SamplingConfig(seed=seed)
    requests = [build_request(config, config.writers[0], Asked(text)) for text in sorted(texts)]

    def post(request: Request) -> int:
        body = {**request.payload, "n": config.candidates}
        answer = http.post(f"{url}/chat/completions", json=body).raise_for_status().json()
        return sum(len(choice["logprobs"]["content"]) for choice in answer["choices"])

    with httpx.Client(timeout=600) as http, ThreadPoolExecutor(concurrency) as threads:
        start = time.monotonic()
        tokens = sum(threads.map(post, requests))
        return tokens / (time.monotonic() - start)


def _sampler(url: str, texts: Sequence[str], concurrency: int, seed: int) -> float:
    config = SamplingConfig(seed=seed, repair=False)
    plan = Plan(config, {config.writers[0].model: EndpointConfig(url=url, concurrency=concurrency)})
    with tempfile.TemporaryDirectory() as home, open_sampler(Settings(home=Path(home)), plan) as sampler:
        start = time.monotonic()
        list(sampler.sample([Asked(text) for text in texts]))
        return sampler.tally.live.completion_tokens / (time.monotonic() - start)


@contextmanager
def _hosted() -> Iterator[str]:
    """Yield the address of a simulated endpoint that writes the worked examples' programs."""
    programs = [example.program for example in SCENES.examples]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            payload = json.loads(self.rfile.read(int(self.headers["content-length"])))
            time.sleep(SECONDS)
            choices = [
                _choice(i, programs[(payload["seed"] + 7 * i) % len(programs)]) for i in range(payload["n"])
            ]
            usage = {"prompt_tokens": 1200, "completion_tokens": TOKENS * payload["n"]}
            self._send({"choices": choices, "usage": usage})

        def _send(self, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _choice(index: int, program: str) -> dict[str, Any]:
    logprobs = {"content": [{"logprob": -0.1}] * TOKENS}
    message = {"content": program}
    return {"index": index, "finish_reason": "stop", "message": message, "logprobs": logprobs}
