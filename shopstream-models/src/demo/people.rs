//! Who people are.

use fake::{
    Fake,
    faker::name::raw::{FirstName, LastName},
    locales::{EN, FR_FR},
};

use super::draw::Draw;

/// Somebody.
#[derive(Clone, Copy)]
pub(super) struct Person {
    pub(super) first: &'static str,
    pub(super) last: &'static str,
}

impl Person {
    pub(super) fn draw(draw: &mut Draw, french: bool) -> Self {
        let rng = draw.rng();
        if french {
            Self { first: FirstName(FR_FR).fake_with_rng(rng), last: LastName(FR_FR).fake_with_rng(rng) }
        } else {
            Self { first: FirstName(EN).fake_with_rng(rng), last: LastName(EN).fake_with_rng(rng) }
        }
    }

    /// An address that ends in `id`, in a domain that is reserved for examples. Names become letters alone, so that
    /// two addresses with the same separator and another `id` differ.
    pub(super) fn email(&self, draw: &mut Draw, separator: char, id: i32) -> String {
        let domain = draw.pick(&["example.com", "example.net", "example.org"]);
        format!("{}{separator}{}{id}@{domain}", letters(self.first), letters(self.last))
    }
}

/// A name in the letters a to z.
fn letters(name: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'â' | 'ä' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'î' | 'ï' => "i",
        'ô' | 'ö' => "o",
        'ù' | 'û' | 'ü' => "u",
        'ÿ' => "y",
        'æ' => "ae",
        'œ' => "oe",
        _ => "",
    };
    let mut text = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_lowercase() {
            text.push(c);
        } else {
            text.push_str(plain(c));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_plain_letters() {
        assert_eq!(letters("Éloïse-Bénédicte"), "eloisebenedicte");
        assert_eq!(letters("O'Connell"), "oconnell");
        assert_eq!(letters("Lœtitia Ça"), "loetitiaca");
    }
}
