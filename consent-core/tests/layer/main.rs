//! A real axum application below the layer: what goes in, what comes out. `cfg(test)` tells the lints what every file here is.

#[cfg(test)]
mod caching;
#[cfg(test)]
mod cookies;
#[cfg(feature = "html")]
#[cfg(test)]
mod html;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod support;
