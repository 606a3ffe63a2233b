"""The forms in which a fitted model leaves the room: states, registers, circuits."""
