//! The palette: each colour as it is in the light and in the dark.
//! Owns that one colour has one meaning. The hues are Okabe and Ito's, which people who do not
//! see all colours can tell apart; marks differ in shape or place as well.

use super::style::Theme;

/// A colour in the light, and in the dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour {
    pub(super) light: Rgb,
    pub(super) dark: Rgb,
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

/// What is behind everything: the page's colour.
pub(super) const GROUND: Colour = colour(0xFF_FF_FF, 0x0F_13_17);
/// Text and marks.
pub(super) const INK: Colour = colour(0x1F_23_28, 0xE6_ED_F3);
/// Text that stands back.
pub(super) const SOFT: Colour = colour(0x59_63_6E, 0x9D_A7_B3);
/// Lines of the grid.
pub(super) const GRID: Colour = colour(0xDD_E2_E7, 0x30_36_3D);
/// What is wrong.
pub(super) const ALARM: Colour = colour(0xB3_44_00, 0xFF_8A_4C);
/// The build, and what it compiles.
pub(super) const BLUE: Colour = colour(0x00_72_B2, 0x2F_80_C3);
/// Restoring, reading, and bytes down.
pub(super) const SKY: Colour = colour(0x56_B4_E9, 0x8C_CB_F2);
/// Saving, writing, and bytes up.
pub(super) const ORANGE: Colour = colour(0xE6_9F_00, 0xE9_A8_1C);
/// Units that Cargo skipped.
pub(super) const GREEN: Colour = colour(0x00_9E_73, 0x17_A5_7C);
/// Units that the cache answered.
pub(super) const MINT: Colour = colour(0x8A_D3_B5, 0x93_D9_BD);
/// What cannot be cached.
pub(super) const GREY: Colour = colour(0xA8_B0_B8, 0x87_90_99);

/// The colours of lines that stand for scenarios; together with the shapes of their points there
/// are enough for a dozen.
pub(super) const SERIES: [Colour; 7] = [
    BLUE,
    colour(0xD5_5E_00, 0xF0_7B_2A),
    colour(0x00_8A_65, 0x2F_BD_92),
    colour(0xB0_56_8A, 0xE0_8F_BE),
    ORANGE,
    SKY,
    colour(0x6E_77_81, 0xB4_BC_C4),
];

impl Colour {
    /// The colour in a theme. What turns with its reader's system is drawn light, and the style
    /// has the dark one.
    pub(super) fn of(self, theme: Theme) -> Rgb {
        match theme {
            Theme::Dark => self.dark,
            Theme::Auto | Theme::Light => self.light,
        }
    }
}

impl Rgb {
    /// The colour as SVG writes it.
    pub(super) fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

const fn colour(light: u32, dark: u32) -> Colour {
    Colour { light: rgb(light), dark: rgb(dark) }
}

const fn rgb(hex: u32) -> Rgb {
    let [_, red, green, blue] = hex.to_be_bytes();
    Rgb(red, green, blue)
}
