"""Sources in, ranked and located passages out. `index.open_index` is the way in."""
