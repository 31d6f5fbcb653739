"""The advisers beside the desk: what they are shown, when they are asked, and how little their word may do."""
