"""The door: work comes in, is judged, and passes, is refused or is held."""
