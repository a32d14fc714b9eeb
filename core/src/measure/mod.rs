//! Floor 1: what happened, counted in bounded memory: windows, histograms, averages, series.
mod count_window;
pub mod ewma;
pub mod histogram;
pub mod series;
mod time_window;
pub mod window;
