//! A picture as PNG: its SVG, drawn with the bundled font, so that its bytes are the same on every
//! machine. Owns the size of a bitmap and its ground; what is seen is the SVG's.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::canvas::{ChartError, Picture};
use super::colour::{GROUND, Rgb};
use super::style::{ChartStyle, Size, Theme};
use super::typeface::{FACES, FAMILY};

/// A bitmap that nobody chose a size for has twice the pixels.
const NATURAL: f64 = 2.0;
/// The most pixels: half a gigabyte of memory.
const LARGEST: u64 = 128_000_000;

impl Picture {
    /// The picture as PNG: the same bytes on every machine.
    ///
    /// # Errors
    /// When it is too large.
    pub fn png(&self, style: &ChartStyle) -> Result<Vec<u8>, ChartError> {
        let sheet = style.size.sheet((self.width, self.height), NATURAL);
        let (width, height) = (sheet.width, sheet.height);
        let fits = u64::from(width) * u64::from(height) <= LARGEST;
        let pixmap = fits.then(|| Pixmap::new(width, height)).flatten();
        let mut pixmap = pixmap.ok_or(ChartError::TooLarge { width, height })?;
        // A bitmap cannot turn with its reader's system: it is light where nothing else is asked.
        let theme = match style.theme {
            Theme::Auto | Theme::Light => Theme::Light,
            Theme::Dark => Theme::Dark,
        };
        let Rgb(red, green, blue) = GROUND.of(theme);
        pixmap.fill(Color::from_rgba8(red, green, blue, 255));
        let svg = self.svg(&ChartStyle { theme, size: Size::Natural })?;
        let tree = Tree::from_str(&svg, &options()).map_err(ChartError::Parsing)?;
        let scale = sheet.scale as f32;
        let place =
            Transform::from_row(scale, 0.0, 0.0, scale, sheet.left as f32, sheet.top as f32);
        resvg::render(&tree, place, &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| ChartError::Encoding(error.into()))
    }
}

/// The bundled font, and no other.
fn options() -> Options<'static> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let read = || {
        let mut fonts = Database::new();
        FACES.iter().for_each(|face| fonts.load_font_data(face.to_vec()));
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    };
    Options { fontdb: Arc::clone(FONTS.get_or_init(read)), ..Options::default() }
}
