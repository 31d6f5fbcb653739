# -*- coding: utf-8 -*-

################################################################################
## Form generated from reading UI file 'ticket_panel.ui'
##
## Created by: Qt User Interface Compiler version 6.11.3
##
## WARNING! All changes made in this file will be lost when recompiling UI file!
################################################################################

from PySide6.QtCore import (QCoreApplication, QDate, QDateTime, QLocale,
    QMetaObject, QObject, QPoint, QRect,
    QSize, QTime, QUrl, Qt)
from PySide6.QtGui import (QBrush, QColor, QConicalGradient, QCursor,
    QFont, QFontDatabase, QGradient, QIcon,
    QImage, QKeySequence, QLinearGradient, QPainter,
    QPalette, QPixmap, QRadialGradient, QTransform)
from PySide6.QtWidgets import (QApplication, QCheckBox, QComboBox, QFrame,
    QGridLayout, QHBoxLayout, QLabel, QPushButton,
    QScrollArea, QSizePolicy, QSpacerItem, QVBoxLayout,
    QWidget)

from hlmaster.ui.armed_button import ArmedButton
from hlmaster.ui.leverage_box import LeverageBox
from hlmaster.ui.number_field import NumberField
from hlmaster.ui.panels.ticket_bracket import BracketBox
from hlmaster.ui.panels.ticket_chips import SizeChips
from hlmaster.ui.panels.ticket_quick import QuickRow
from hlmaster.ui.segments import Segments
from hlmaster.ui.share_slider import ShareSlider

class Ui_TicketPanel(object):
    def setupUi(self, TicketPanel):
        if not TicketPanel.objectName():
            TicketPanel.setObjectName(u"TicketPanel")
        self.outer = QVBoxLayout(TicketPanel)
        self.outer.setSpacing(0)
        self.outer.setObjectName(u"outer")
        self.outer.setContentsMargins(0, 0, 0, 0)
        self.area = QScrollArea(TicketPanel)
        self.area.setObjectName(u"area")
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.contents = QWidget()
        self.contents.setObjectName(u"contents")
        self.contents_layout = QVBoxLayout(self.contents)
        self.contents_layout.setSpacing(7)
        self.contents_layout.setObjectName(u"contents_layout")
        self.contents_layout.setContentsMargins(12, 8, 12, 4)
        self.head = QWidget(self.contents)
        self.head.setObjectName(u"head")
        self.head_layout = QHBoxLayout(self.head)
        self.head_layout.setSpacing(6)
        self.head_layout.setObjectName(u"head_layout")
        self.head_layout.setContentsMargins(0, 0, 0, 0)
        self.leverage = QPushButton(self.head)
        self.leverage.setObjectName(u"leverage")

        self.head_layout.addWidget(self.leverage)

        self.position = QLabel(self.head)
        self.position.setObjectName(u"position")
        self.position.setAlignment(Qt.AlignmentFlag.AlignRight|Qt.AlignmentFlag.AlignVCenter)
        sizePolicy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        sizePolicy.setHorizontalStretch(1)
        sizePolicy.setVerticalStretch(0)
        sizePolicy.setHeightForWidth(self.position.sizePolicy().hasHeightForWidth())
        self.position.setSizePolicy(sizePolicy)

        self.head_layout.addWidget(self.position)


        self.contents_layout.addWidget(self.head)

        self.leverage_box = LeverageBox(self.contents)
        self.leverage_box.setObjectName(u"leverage_box")

        self.contents_layout.addWidget(self.leverage_box)

        self.kind = Segments(self.contents)
        self.kind.setObjectName(u"kind")

        self.contents_layout.addWidget(self.kind)

        self.side = Segments(self.contents)
        self.side.setObjectName(u"side")

        self.contents_layout.addWidget(self.side)

        self.trigger_row = QWidget(self.contents)
        self.trigger_row.setObjectName(u"trigger_row")
        self.trigger_row_layout = QHBoxLayout(self.trigger_row)
        self.trigger_row_layout.setSpacing(4)
        self.trigger_row_layout.setObjectName(u"trigger_row_layout")
        self.trigger_row_layout.setContentsMargins(0, 0, 0, 0)
        self.trigger = NumberField(self.trigger_row)
        self.trigger.setObjectName(u"trigger")

        self.trigger_row_layout.addWidget(self.trigger)

        self.execution = Segments(self.trigger_row)
        self.execution.setObjectName(u"execution")

        self.trigger_row_layout.addWidget(self.execution)


        self.contents_layout.addWidget(self.trigger_row)

        self.price_row = QWidget(self.contents)
        self.price_row.setObjectName(u"price_row")
        self.price_row_layout = QHBoxLayout(self.price_row)
        self.price_row_layout.setSpacing(4)
        self.price_row_layout.setObjectName(u"price_row_layout")
        self.price_row_layout.setContentsMargins(0, 0, 0, 0)
        self.price = NumberField(self.price_row)
        self.price.setObjectName(u"price")

        self.price_row_layout.addWidget(self.price)

        self.bid = QPushButton(self.price_row)
        self.bid.setObjectName(u"bid")

        self.price_row_layout.addWidget(self.bid)

        self.mid = QPushButton(self.price_row)
        self.mid.setObjectName(u"mid")

        self.price_row_layout.addWidget(self.mid)

        self.ask = QPushButton(self.price_row)
        self.ask.setObjectName(u"ask")

        self.price_row_layout.addWidget(self.ask)


        self.contents_layout.addWidget(self.price_row)

        self.size_row = QWidget(self.contents)
        self.size_row.setObjectName(u"size_row")
        self.size_row_layout = QHBoxLayout(self.size_row)
        self.size_row_layout.setSpacing(4)
        self.size_row_layout.setObjectName(u"size_row_layout")
        self.size_row_layout.setContentsMargins(0, 0, 0, 0)
        self.amount = NumberField(self.size_row)
        self.amount.setObjectName(u"amount")

        self.size_row_layout.addWidget(self.amount)

        self.unit = QComboBox(self.size_row)
        self.unit.setObjectName(u"unit")

        self.size_row_layout.addWidget(self.unit)


        self.contents_layout.addWidget(self.size_row)

        self.share = ShareSlider(self.contents)
        self.share.setObjectName(u"share")
        self.share.setMaximumSize(QSize(16777215, 14))

        self.contents_layout.addWidget(self.share)

        self.chips = SizeChips(self.contents)
        self.chips.setObjectName(u"chips")

        self.contents_layout.addWidget(self.chips)

        self.check_row = QWidget(self.contents)
        self.check_row.setObjectName(u"check_row")
        self.check_row_layout = QHBoxLayout(self.check_row)
        self.check_row_layout.setSpacing(8)
        self.check_row_layout.setObjectName(u"check_row_layout")
        self.check_row_layout.setContentsMargins(0, 0, 0, 0)
        self.reduce_only = QCheckBox(self.check_row)
        self.reduce_only.setObjectName(u"reduce_only")

        self.check_row_layout.addWidget(self.reduce_only)

        self.post_only = QCheckBox(self.check_row)
        self.post_only.setObjectName(u"post_only")

        self.check_row_layout.addWidget(self.post_only)

        self.at_once = QCheckBox(self.check_row)
        self.at_once.setObjectName(u"at_once")

        self.check_row_layout.addWidget(self.at_once)

        self.check_space = QSpacerItem(0, 0, QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

        self.check_row_layout.addItem(self.check_space)


        self.contents_layout.addWidget(self.check_row)

        self.bracket = BracketBox(self.contents)
        self.bracket.setObjectName(u"bracket")

        self.contents_layout.addWidget(self.bracket)

        self.quick = QuickRow(self.contents)
        self.quick.setObjectName(u"quick")

        self.contents_layout.addWidget(self.quick)

        self.bottom = QSpacerItem(0, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding)

        self.contents_layout.addItem(self.bottom)

        self.area.setWidget(self.contents)

        self.outer.addWidget(self.area)

        self.foot = QWidget(TicketPanel)
        self.foot.setObjectName(u"foot")
        self.foot_layout = QVBoxLayout(self.foot)
        self.foot_layout.setSpacing(6)
        self.foot_layout.setObjectName(u"foot_layout")
        self.foot_layout.setContentsMargins(12, 6, 12, 10)
        self.preview = QFrame(self.foot)
        self.preview.setObjectName(u"preview")
        self.preview_layout = QGridLayout(self.preview)
        self.preview_layout.setSpacing(8)
        self.preview_layout.setObjectName(u"preview_layout")
        self.preview_layout.setContentsMargins(0, 8, 0, 0)
        self.notional_box = QWidget(self.preview)
        self.notional_box.setObjectName(u"notional_box")
        self.notional_layout = QVBoxLayout(self.notional_box)
        self.notional_layout.setSpacing(1)
        self.notional_layout.setObjectName(u"notional_layout")
        self.notional_layout.setContentsMargins(0, 0, 0, 0)
        self.notional_caption = QLabel(self.notional_box)
        self.notional_caption.setObjectName(u"notional_caption")

        self.notional_layout.addWidget(self.notional_caption)

        self.notional = QLabel(self.notional_box)
        self.notional.setObjectName(u"notional")
        sizePolicy.setHeightForWidth(self.notional.sizePolicy().hasHeightForWidth())
        self.notional.setSizePolicy(sizePolicy)

        self.notional_layout.addWidget(self.notional)


        self.preview_layout.addWidget(self.notional_box, 0, 0, 1, 1)

        self.fee_box = QWidget(self.preview)
        self.fee_box.setObjectName(u"fee_box")
        self.fee_layout = QVBoxLayout(self.fee_box)
        self.fee_layout.setSpacing(1)
        self.fee_layout.setObjectName(u"fee_layout")
        self.fee_layout.setContentsMargins(0, 0, 0, 0)
        self.fee_caption = QLabel(self.fee_box)
        self.fee_caption.setObjectName(u"fee_caption")

        self.fee_layout.addWidget(self.fee_caption)

        self.fee = QLabel(self.fee_box)
        self.fee.setObjectName(u"fee")
        sizePolicy.setHeightForWidth(self.fee.sizePolicy().hasHeightForWidth())
        self.fee.setSizePolicy(sizePolicy)

        self.fee_layout.addWidget(self.fee)


        self.preview_layout.addWidget(self.fee_box, 0, 1, 1, 1)

        self.margin_box = QWidget(self.preview)
        self.margin_box.setObjectName(u"margin_box")
        self.margin_layout = QVBoxLayout(self.margin_box)
        self.margin_layout.setSpacing(1)
        self.margin_layout.setObjectName(u"margin_layout")
        self.margin_layout.setContentsMargins(0, 0, 0, 0)
        self.margin_caption = QLabel(self.margin_box)
        self.margin_caption.setObjectName(u"margin_caption")

        self.margin_layout.addWidget(self.margin_caption)

        self.margin = QLabel(self.margin_box)
        self.margin.setObjectName(u"margin")
        sizePolicy.setHeightForWidth(self.margin.sizePolicy().hasHeightForWidth())
        self.margin.setSizePolicy(sizePolicy)

        self.margin_layout.addWidget(self.margin)


        self.preview_layout.addWidget(self.margin_box, 0, 2, 1, 1)

        self.available_box = QWidget(self.preview)
        self.available_box.setObjectName(u"available_box")
        self.available_layout = QVBoxLayout(self.available_box)
        self.available_layout.setSpacing(1)
        self.available_layout.setObjectName(u"available_layout")
        self.available_layout.setContentsMargins(0, 0, 0, 0)
        self.available_caption = QLabel(self.available_box)
        self.available_caption.setObjectName(u"available_caption")

        self.available_layout.addWidget(self.available_caption)

        self.available = QLabel(self.available_box)
        self.available.setObjectName(u"available")
        sizePolicy.setHeightForWidth(self.available.sizePolicy().hasHeightForWidth())
        self.available.setSizePolicy(sizePolicy)

        self.available_layout.addWidget(self.available)


        self.preview_layout.addWidget(self.available_box, 1, 0, 1, 1)

        self.liquidation_box = QWidget(self.preview)
        self.liquidation_box.setObjectName(u"liquidation_box")
        self.liquidation_layout = QVBoxLayout(self.liquidation_box)
        self.liquidation_layout.setSpacing(1)
        self.liquidation_layout.setObjectName(u"liquidation_layout")
        self.liquidation_layout.setContentsMargins(0, 0, 0, 0)
        self.liquidation_caption = QLabel(self.liquidation_box)
        self.liquidation_caption.setObjectName(u"liquidation_caption")

        self.liquidation_layout.addWidget(self.liquidation_caption)

        self.liquidation = QLabel(self.liquidation_box)
        self.liquidation.setObjectName(u"liquidation")
        sizePolicy.setHeightForWidth(self.liquidation.sizePolicy().hasHeightForWidth())
        self.liquidation.setSizePolicy(sizePolicy)

        self.liquidation_layout.addWidget(self.liquidation)


        self.preview_layout.addWidget(self.liquidation_box, 1, 1, 1, 1)

        self.after_box = QWidget(self.preview)
        self.after_box.setObjectName(u"after_box")
        self.after_layout = QVBoxLayout(self.after_box)
        self.after_layout.setSpacing(1)
        self.after_layout.setObjectName(u"after_layout")
        self.after_layout.setContentsMargins(0, 0, 0, 0)
        self.after_caption = QLabel(self.after_box)
        self.after_caption.setObjectName(u"after_caption")

        self.after_layout.addWidget(self.after_caption)

        self.after = QLabel(self.after_box)
        self.after.setObjectName(u"after")
        sizePolicy.setHeightForWidth(self.after.sizePolicy().hasHeightForWidth())
        self.after.setSizePolicy(sizePolicy)

        self.after_layout.addWidget(self.after)


        self.preview_layout.addWidget(self.after_box, 1, 2, 1, 1)

        self.risk_box = QWidget(self.preview)
        self.risk_box.setObjectName(u"risk_box")
        self.risk_layout = QVBoxLayout(self.risk_box)
        self.risk_layout.setSpacing(1)
        self.risk_layout.setObjectName(u"risk_layout")
        self.risk_layout.setContentsMargins(0, 0, 0, 0)
        self.risk_caption = QLabel(self.risk_box)
        self.risk_caption.setObjectName(u"risk_caption")

        self.risk_layout.addWidget(self.risk_caption)

        self.risk = QLabel(self.risk_box)
        self.risk.setObjectName(u"risk")
        sizePolicy.setHeightForWidth(self.risk.sizePolicy().hasHeightForWidth())
        self.risk.setSizePolicy(sizePolicy)

        self.risk_layout.addWidget(self.risk)


        self.preview_layout.addWidget(self.risk_box, 2, 0, 1, 2)

        self.reward_box = QWidget(self.preview)
        self.reward_box.setObjectName(u"reward_box")
        self.reward_layout = QVBoxLayout(self.reward_box)
        self.reward_layout.setSpacing(1)
        self.reward_layout.setObjectName(u"reward_layout")
        self.reward_layout.setContentsMargins(0, 0, 0, 0)
        self.reward_caption = QLabel(self.reward_box)
        self.reward_caption.setObjectName(u"reward_caption")

        self.reward_layout.addWidget(self.reward_caption)

        self.reward = QLabel(self.reward_box)
        self.reward.setObjectName(u"reward")
        sizePolicy.setHeightForWidth(self.reward.sizePolicy().hasHeightForWidth())
        self.reward.setSizePolicy(sizePolicy)

        self.reward_layout.addWidget(self.reward)


        self.preview_layout.addWidget(self.reward_box, 2, 2, 1, 1)


        self.foot_layout.addWidget(self.preview)

        self.submit = ArmedButton(self.foot)
        self.submit.setObjectName(u"submit")

        self.foot_layout.addWidget(self.submit)

        self.reason = QLabel(self.foot)
        self.reason.setObjectName(u"reason")
        self.reason.setWordWrap(True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignLeft|Qt.AlignmentFlag.AlignTop)

        self.foot_layout.addWidget(self.reason)


        self.outer.addWidget(self.foot)


        self.retranslateUi(TicketPanel)

        QMetaObject.connectSlotsByName(TicketPanel)
    # setupUi

    def retranslateUi(self, TicketPanel):
        self.leverage.setText(QCoreApplication.translate("TicketPanel", u"Cross 20\u00d7", None))
#if QT_CONFIG(tooltip)
        self.leverage.setToolTip(QCoreApplication.translate("TicketPanel", u"Leverage and margin mode", None))
#endif // QT_CONFIG(tooltip)
        self.leverage.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"small", None))
        self.position.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"muted", None))
#if QT_CONFIG(accessibility)
        self.kind.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Order type", None))
#endif // QT_CONFIG(accessibility)
#if QT_CONFIG(accessibility)
        self.side.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Side", None))
#endif // QT_CONFIG(accessibility)
        self.trigger.setProperty(u"caption", QCoreApplication.translate("TicketPanel", u"Trigger", None))
#if QT_CONFIG(accessibility)
        self.trigger.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Trigger", None))
#endif // QT_CONFIG(accessibility)
#if QT_CONFIG(tooltip)
        self.trigger.setToolTip(QCoreApplication.translate("TicketPanel", u"Mark price that wakes the order; arrow keys step by one tick, with Shift by ten", None))
#endif // QT_CONFIG(tooltip)
#if QT_CONFIG(accessibility)
        self.execution.setAccessibleName(QCoreApplication.translate("TicketPanel", u"What a trigger sends", None))
#endif // QT_CONFIG(accessibility)
        self.price.setProperty(u"caption", QCoreApplication.translate("TicketPanel", u"Price", None))
#if QT_CONFIG(accessibility)
        self.price.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Price", None))
#endif // QT_CONFIG(accessibility)
#if QT_CONFIG(tooltip)
        self.price.setToolTip(QCoreApplication.translate("TicketPanel", u"Limit price; arrow keys step by one tick, with Shift by ten", None))
#endif // QT_CONFIG(tooltip)
        self.bid.setText(QCoreApplication.translate("TicketPanel", u"Bid", None))
#if QT_CONFIG(tooltip)
        self.bid.setToolTip(QCoreApplication.translate("TicketPanel", u"Fill in the best bid", None))
#endif // QT_CONFIG(tooltip)
        self.bid.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"small", None))
        self.mid.setText(QCoreApplication.translate("TicketPanel", u"Mid", None))
#if QT_CONFIG(tooltip)
        self.mid.setToolTip(QCoreApplication.translate("TicketPanel", u"Fill in the middle between bid and ask", None))
#endif // QT_CONFIG(tooltip)
        self.mid.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"small", None))
        self.ask.setText(QCoreApplication.translate("TicketPanel", u"Ask", None))
#if QT_CONFIG(tooltip)
        self.ask.setToolTip(QCoreApplication.translate("TicketPanel", u"Fill in the best ask", None))
#endif // QT_CONFIG(tooltip)
        self.ask.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"small", None))
        self.amount.setProperty(u"caption", QCoreApplication.translate("TicketPanel", u"Size", None))
#if QT_CONFIG(accessibility)
        self.amount.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Size", None))
#endif // QT_CONFIG(accessibility)
#if QT_CONFIG(tooltip)
        self.amount.setToolTip(QCoreApplication.translate("TicketPanel", u"Arrow keys step, with Shift by ten", None))
#endif // QT_CONFIG(tooltip)
#if QT_CONFIG(accessibility)
        self.unit.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Unit of the size", None))
#endif // QT_CONFIG(accessibility)
#if QT_CONFIG(tooltip)
        self.unit.setToolTip(QCoreApplication.translate("TicketPanel", u"What the size is measured in", None))
#endif // QT_CONFIG(tooltip)
#if QT_CONFIG(accessibility)
        self.share.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Share of the largest size", None))
#endif // QT_CONFIG(accessibility)
        self.reduce_only.setText(QCoreApplication.translate("TicketPanel", u"Reduce-only", None))
#if QT_CONFIG(tooltip)
        self.reduce_only.setToolTip(QCoreApplication.translate("TicketPanel", u"Only makes the position smaller, never opens or turns it", None))
#endif // QT_CONFIG(tooltip)
        self.post_only.setText(QCoreApplication.translate("TicketPanel", u"Post-only", None))
        self.at_once.setText(QCoreApplication.translate("TicketPanel", u"IOC", None))
#if QT_CONFIG(accessibility)
        self.at_once.setAccessibleName(QCoreApplication.translate("TicketPanel", u"Immediate or cancel", None))
#endif // QT_CONFIG(accessibility)
        self.foot.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"panelfoot", None))
#if QT_CONFIG(tooltip)
        self.notional_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Size times the expected price", None))
#endif // QT_CONFIG(tooltip)
        self.notional_caption.setText(QCoreApplication.translate("TicketPanel", u"ORDER VALUE", None))
        self.notional_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.notional.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.notional.setAccessibleName(QCoreApplication.translate("TicketPanel", u"ORDER VALUE", None))
#endif // QT_CONFIG(accessibility)
        self.notional.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.fee_box.setToolTip(QCoreApplication.translate("TicketPanel", u"At your present fee rates", None))
#endif // QT_CONFIG(tooltip)
        self.fee_caption.setText(QCoreApplication.translate("TicketPanel", u"FEE", None))
        self.fee_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.fee.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.fee.setAccessibleName(QCoreApplication.translate("TicketPanel", u"FEE", None))
#endif // QT_CONFIG(accessibility)
        self.fee.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.margin_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Collateral the order would lock up", None))
#endif // QT_CONFIG(tooltip)
        self.margin_caption.setText(QCoreApplication.translate("TicketPanel", u"MARGIN", None))
        self.margin_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.margin.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.margin.setAccessibleName(QCoreApplication.translate("TicketPanel", u"MARGIN", None))
#endif // QT_CONFIG(accessibility)
        self.margin.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.available_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Collateral that is free now", None))
#endif // QT_CONFIG(tooltip)
        self.available_caption.setText(QCoreApplication.translate("TicketPanel", u"AVAILABLE", None))
        self.available_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.available.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.available.setAccessibleName(QCoreApplication.translate("TicketPanel", u"AVAILABLE", None))
#endif // QT_CONFIG(accessibility)
        self.available.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.liquidation_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Mark price at which the position would be liquidated after this order", None))
#endif // QT_CONFIG(tooltip)
        self.liquidation_caption.setText(QCoreApplication.translate("TicketPanel", u"LIQUIDATION", None))
        self.liquidation_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.liquidation.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.liquidation.setAccessibleName(QCoreApplication.translate("TicketPanel", u"LIQUIDATION", None))
#endif // QT_CONFIG(accessibility)
        self.liquidation.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.after_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Your position once the order is filled", None))
#endif // QT_CONFIG(tooltip)
        self.after_caption.setText(QCoreApplication.translate("TicketPanel", u"AFTER", None))
        self.after_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.after.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.after.setAccessibleName(QCoreApplication.translate("TicketPanel", u"AFTER", None))
#endif // QT_CONFIG(accessibility)
        self.after.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.risk_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Lost if the stop is hit, fees of both ends included, and its share of your equity", None))
#endif // QT_CONFIG(tooltip)
        self.risk_caption.setText(QCoreApplication.translate("TicketPanel", u"RISK TO STOP", None))
        self.risk_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.risk.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.risk.setAccessibleName(QCoreApplication.translate("TicketPanel", u"RISK TO STOP", None))
#endif // QT_CONFIG(accessibility)
        self.risk.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
#if QT_CONFIG(tooltip)
        self.reward_box.setToolTip(QCoreApplication.translate("TicketPanel", u"Made if the target is hit, fees of both ends taken off; in multiples of the risk", None))
#endif // QT_CONFIG(tooltip)
        self.reward_caption.setText(QCoreApplication.translate("TicketPanel", u"REWARD", None))
        self.reward_caption.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"caption", None))
        self.reward.setText(QCoreApplication.translate("TicketPanel", u"\u2013", None))
#if QT_CONFIG(accessibility)
        self.reward.setAccessibleName(QCoreApplication.translate("TicketPanel", u"REWARD", None))
#endif // QT_CONFIG(accessibility)
        self.reward.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"number", None))
        self.submit.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"buy", None))
        self.reason.setProperty(u"role", QCoreApplication.translate("TicketPanel", u"muted", None))
        pass
    # retranslateUi

