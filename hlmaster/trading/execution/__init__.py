"""From approved orders to final states: tracking, sending, reconciling."""
