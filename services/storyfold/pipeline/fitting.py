"""What to do with records that the broker finds too large: cut what can be cut, remember the size that was refused."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from storyfold.model.metrics import Metric
from storyfold.model.records import OutboxRow, Record, Topic
from storyfold.ports import Meter, RecordTooLarge
from storyfold.wire.cutting import CUT_HEADER, cut_to

logger = logging.getLogger(__name__)

# The next try after a refusal; brokers do not say what they would take.
SMALLER = 0.75
# For so long nothing larger is tried in the topic; then an operator may have raised the limit.
REMEMBERED = timedelta(hours=1)
# Nothing of an article is left to be cut below this.
LEAST = 1024


class Fitting:
    """Cuts records to what the broker was found to take.

    Args:
        meter: counts what is cut.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._largest: dict[Topic, tuple[int, datetime]] = {}

    def refused(self, refusal: RecordTooLarge, now: datetime) -> bool:
        """Learn from a refusal; returns whether a smaller record is worth a try."""
        smaller = int(refusal.size * SMALLER)
        if refusal.topic is not Topic.ARTICLES or smaller < LEAST:
            return False
        self._largest[refusal.topic] = smaller, now + REMEMBERED
        logger.warning("%s; trying with its body cut, the value %d bytes at most", refusal, smaller)
        return True

    def fit(self, record: Record, now: datetime) -> Record:
        """The record as the broker may take it; as it is where nothing can be cut."""
        known = self._largest.get(record.topic)
        if known is None or len(record.value) <= known[0]:
            return record
        largest, until = known
        if now >= until:
            del self._largest[record.topic]
            return record
        return cut_to(record, largest) or record

    def fit_rows(self, rows: tuple[OutboxRow, ...], now: datetime) -> tuple[OutboxRow, ...]:
        """Rows whose records are as the broker may take them."""
        if not self._largest:
            return rows
        return tuple(replace(row, record=self.fit(row.record, now)) for row in rows)

    def count(self, rows: tuple[OutboxRow, ...]) -> None:
        """Count what was published cut."""
        if not self._largest:
            return
        cut = sum(row.record.headers[-1:] == (CUT_HEADER,) for row in rows)
        if cut:
            self._meter.count(Metric.RECORDS_CUT, by=cut)
