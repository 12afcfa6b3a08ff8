"""Sources in, ranked and located passages out. `builds.open_index` is the way in."""
