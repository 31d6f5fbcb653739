"""A frame with everything that is said about it: tags and labels of prices, the reading and the legend."""

from __future__ import annotations

from hlmaster.ui.charts import tags
from hlmaster.ui.charts.axis import mark_axes
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.legend import legend
from hlmaster.ui.charts.read import read


class Picture(Frame):
    __slots__ = ()

    def rebuild(self) -> None:
        super().rebuild()
        self.told = tags.told_lines(self)
        self.tags = tags.tags(self)
        self.labels = tags.labels(self)
        mark_axes(self)
        self.reading = read(self)
        self.legend = legend(self)
