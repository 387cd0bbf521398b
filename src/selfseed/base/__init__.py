"""The words, the measures and the named random streams that every other room uses."""
