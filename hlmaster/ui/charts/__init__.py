"""Charts drawn from arrays: candles with volume, the equity curve and sparklines.

A chart knows nothing of the desk. It is handed numpy arrays and plain values and answers with signals.
"""

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.equity_chart import EquityChart
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.reading import Reading
from hlmaster.ui.charts.sparkline import paint_sparkline

__all__ = ["CandleChart", "ChartPalette", "EquityChart", "PriceLine", "Reading", "paint_sparkline"]
