"""A region of a photograph and what the models see there, put together.

The thresholds were set by looking at the answers on about 35 photographs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vpd.geometry import Box
from vpd.tools.colors import color_name
from vpd.tools.photos.imagenet import LABELS
from vpd.tools.photos.names import Name
from vpd.tools.photos.seeing import Eyes, Probabilities, Seen
from vpd.tools.protocol import Picture

SAME_OBJECT = 0.6  # IoU at which boxes of several classes are one object
OWN_PATCH = 0.7  # IoU at which a region is the patch of an object of the whole picture
MAIN = 0.3  # share of the region that an object covers which the region may be about
NOTICED = 0.03  # least probability of a class; below, the 118 dogs add up to 0.4 on a horse or a person
NAMED = 0.38  # least confidence in a name: 0.36 called a dahlia a honeycomb
SHOWN = 0.4  # least probability at which a region is said to show something by the classifier alone
DENIED = 0.1  # most probability at which it is said not to: 0.35 for insects on a butterfly
THRESHOLDS = (SAME_OBJECT, OWN_PATCH, MAIN, NOTICED, NAMED, SHOWN, DENIED)


class CannotTell(Exception):
    """A question or a choice that these tools have no answer to."""


@dataclass(frozen=True)
class View:
    """A region to look at.

    Nothing is kept here, the models have the memory (`remembering`): in Python 3.11 a cached_property lets
    only one thread at a time compute.
    """

    picture: Picture
    region: Box
    eyes: Eyes

    def at(self, box: Box) -> "View":
        """Return the view of another region."""
        return View(self.picture, box, self.eyes)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """The detected objects, the surest first.

        The object whose patch the region is, seen in the whole picture, is among them: closer by, a detector
        may miss it.
        """
        here = self.eyes.detector.look(self.picture, self.region)
        whole = Box(0, 0, self.picture.width, self.picture.height)
        if self.region == whole or self.region.area <= 0:
            return here
        own = [s for s in self.eyes.detector.look(self.picture, whole) if s.box.iou(self.region) >= OWN_PATCH]
        new = [s for s in own if not any(s.name == h.name and s.box.iou(h.box) >= SAME_OBJECT for h in here)]
        inside = [Seen(s.name, self._inside(s.box), s.confidence) for s in new]
        return tuple(sorted((*here, *inside), key=lambda s: -s.confidence))

    @property
    def objects(self) -> tuple[Seen, ...]:
        """The detected objects with one class each: of boxes that are one object, the surest."""
        kept: list[Seen] = []
        for seen in self.seen:
            if all(seen.box.iou(other.box) < SAME_OBJECT for other in kept):
                kept.append(seen)
        return tuple(kept)

    @property
    def main(self) -> Seen | None:
        """The surest object that covers enough of the region to be what it is about."""
        large = (s for s in self.objects if s.box.overlap(self.region) >= MAIN * self.region.area)
        return next(large, None)

    @property
    def probabilities(self) -> Probabilities:
        """The classifier's probabilities that stand out, the others zero."""
        looked = self.eyes.classifier.look(self.picture, self.region)
        return np.where(looked >= NOTICED, looked, np.float32(0))

    def detected(self, name: Name) -> list[Seen]:
        """Return the detected objects of this name, the surest first."""
        if name.detected is None:
            return self._colored(self.objects, name)
        return self._colored((s for s in self.seen if s.name in (name.detected or ())), name)

    def named(self, name: Name) -> list[Seen]:
        """Return what has this name: detected objects, else the region if the classifier says so."""
        found = self.detected(name)
        if found or name.certain or self.share(name) < SHOWN:
            return found
        return self._colored((Seen("", self.region, self.share(name)),), name)

    def share(self, name: Name) -> float:
        """Return the probability, by the classifier, that the region shows such a thing."""
        if not name.labels:
            return 0.0
        return round(float(self.probabilities[sorted(name.labels)].sum()), 4)

    def exists(self, name: Name) -> tuple[bool, float | None]:
        """Tell whether such a thing is here, and how sure that is.

        Raises CannotTell where only the classifier can deny it and is unsure, or the region is about nothing.
        """
        found = self.named(name)
        if found:
            return True, found[0].confidence
        if name.certain:
            return False, None
        share, something = self.share(name), self.main is not None or self._everyday(None)[1] >= SHOWN
        if share >= SHOWN:  # there it is, in another colour
            return False, share
        if share > DENIED or not something:
            raise CannotTell("the classifier is too unsure of what this region shows to deny it")
        return False, round(1 - share, 4)

    def likeness(self, name: Name) -> float:
        """Return how much the region looks like such a thing, 0 to 1."""
        found = self.named(name)
        share = self.share(name) if name.color in (None, color_name(self.picture, self.region)[0]) else 0.0
        return max(share, found[0].confidence if found else 0.0)

    def what(self) -> tuple[str, float]:
        """Return the everyday name of what the region is about. Raises CannotTell.

        The classifier has no class for people, so a person that the detector sees goes before what it says.
        """
        main, (label, share) = self.main, self._everyday(None)
        if main is not None and (main.name == "person" or main.confidence >= share):
            label, share = main.name, main.confidence
        return self._sure(label, share)

    def kind_of(self, name: Name) -> tuple[str, float]:
        """Return which thing of this kind the region is about: "dog" of animals, "beagle" of dogs.

        Raises CannotTell.
        """
        if name.detected is None:
            return self.what()
        labels = name.labels
        if len({LABELS[number].everyday for number in labels}) <= 1:
            return self._sure(*self._first_name(labels))
        label, share = self._everyday(labels)
        main = self.main
        if main is not None and main.name in name.detected and main.confidence >= share:
            label, share = main.name, main.confidence
        return self._sure(label, share)

    def _everyday(self, labels: frozenset[int] | None) -> tuple[str, float]:
        """Return the most probable everyday name, of these classes if given, and its probability."""
        shares: dict[str, float] = {"": 0.0}
        for number in np.flatnonzero(self.probabilities).tolist():
            if labels is None or number in labels:
                name = LABELS[number].everyday
                shares[name] = shares.get(name, 0.0) + float(self.probabilities[number])
        best = max(shares, key=shares.__getitem__)
        return best, round(shares[best], 4)

    def _first_name(self, labels: frozenset[int]) -> tuple[str, float]:
        """Return the most probable class of these by its own name."""
        best = max(sorted(labels), key=self.probabilities.__getitem__, default=None)
        return (
            ("", 0.0) if best is None else (LABELS[best].names[0], round(float(self.probabilities[best]), 4))
        )

    def _sure(self, name: str, confidence: float) -> tuple[str, float]:
        if confidence < NAMED:
            raise CannotTell("the detector and the classifier are too unsure of what this region shows")
        return name, confidence

    def _colored(self, seen: Iterable[Seen], name: Name) -> list[Seen]:
        return [s for s in seen if name.color in (None, color_name(self.picture, s.box)[0])]

    def _inside(self, box: Box) -> Box:
        region = self.region
        return Box(
            max(box.left, region.left),
            max(box.top, region.top),
            min(box.right, region.right),
            min(box.bottom, region.bottom),
        )
