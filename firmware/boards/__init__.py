"""Pin maps of the boards, generated from hardware/boards: plain constants."""
