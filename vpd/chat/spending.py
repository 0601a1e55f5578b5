"""A ceiling on what the live answers of one process may cost.

Before a request goes out, its worst case is set aside: every character of its prompt a token, every answer
cut off at its bound. So what is spent stays below the ceiling whatever is under way. Where the worst case
does not fit only because of requests under way, it waits for their real costs. A response that does not say
what it took counts with its worst case.

Not here: what earlier runs spent; the cost of a picture is a guess (`vpd.chat.request`).
"""

from collections.abc import Sequence
from threading import Condition

from vpd.chat.answers import Answer
from vpd.chat.price import Price
from vpd.chat.request import Request
from vpd.errors import ConfigError, SpendingCeilingError


class Spending:
    """Spending that threads share, in US dollars; without a price nothing is counted."""

    def __init__(self, price: Price | None, ceiling: float | None) -> None:
        """Raise ConfigError for a ceiling without a price."""
        if ceiling is not None and price is None:
            raise ConfigError("a spending ceiling needs the endpoint's price: set it, or no ceiling")
        self._price, self._ceiling = price, ceiling
        self._changed = Condition()
        self._spent = self._set_aside = 0.0
        self._under_way = 0

    @property
    def spent(self) -> float | None:
        """What was spent; None without a price."""
        with self._changed:
            return None if self._price is None else self._spent

    def set_aside(self, request: Request, samples: int) -> float:
        """Return the request's worst case, set aside. Raises SpendingCeilingError if there is not enough."""
        if self._price is None:
            return 0.0
        worst = self._price.worst(request.characters, samples, request.max_tokens)
        with self._changed:
            while self._ceiling is not None and self._spent + self._set_aside + worst > self._ceiling:
                if not self._under_way:
                    raise SpendingCeilingError(
                        f"{self._spent:.6f} US dollars are spent, and with the next request it might be more "
                        f"than the ceiling of {self._ceiling:.6f}: raise it and run again; everything "
                        "answered is kept and is not paid for again"
                    )
                self._changed.wait()
            self._set_aside += worst
            self._under_way += 1
        return worst

    def settle(self, worst: float, answers: Sequence[Answer]) -> None:
        """Give back what was set aside, and count what the answers cost; no answers cost nothing."""
        if self._price is None:
            return
        cost = sum(map(self._price.cost, answers))
        if any(a.text is not None for a in answers) and not any(a.prompt_tokens for a in answers):
            cost = worst
        with self._changed:
            self._spent += cost
            self._under_way -= 1
            self._set_aside = self._set_aside - worst if self._under_way else 0.0
            self._changed.notify_all()
