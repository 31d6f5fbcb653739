"""Behind the analyst's words: which model answers, what exactly it is sent, its record, and its last calls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from hlmaster.desk.advising.advising import Advising
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.analyst_calls import CallsPage
from hlmaster.ui.dialogs.analyst_models import ModelsPage
from hlmaster.ui.dialogs.analyst_record import RecordPage
from hlmaster.ui.dialogs.analyst_sent import SentPage

SIZE = (760, 620)


class AnalystDialog(QDialog):
    """Not modal: the market goes on beside it. ``page`` is one of model, sent, record and calls."""

    HELP = "analyst_and_news"

    def __init__(self, context: Context, advising: Advising, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("AI analyst")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.models, self.sent = ModelsPage(context, advising), SentPage(context, advising)
        self.record, self.calls = RecordPage(context, advising), CallsPage(context, advising)
        self.pages = {"record": self.record, "calls": self.calls, "sent": self.sent, "model": self.models}
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("About the analyst")
        for title, widget in zip(("Record", "Last calls", "What is sent", "Model"), self.pages.values(), strict=True):
            self.tabs.addTab(widget, title)
        self.tabs.setCurrentWidget(self.pages[page])
        close = QPushButton("Close")
        close.setProperty("role", "primary")
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(foot)
