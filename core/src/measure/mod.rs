//! Floor 1: what happened, counted in bounded memory: windows, histograms, averages.
