"""From functions to bytes: source slices, canonical pickles and the reproducible bundle."""
