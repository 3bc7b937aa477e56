//! Demo data of `products`.

use fake::{
    Fake,
    faker::{
        company::raw::{Buzzword, CatchPhrase},
        lorem::raw::Sentence,
        name::raw::LastName,
    },
    locales::{EN, FR_FR},
};
use shopstream_core::Timestamp;

use super::{
    Demo, Inner,
    draw::{Draw, Stream, slot},
    money,
};
use crate::oltp::Products;

/// Each category with what it sells, in English and in French.
const CATEGORIES: [(&str, [&str; 4], [&str; 4]); 6] = [
    ("Electronics", ["Headphones", "Keyboard", "Camera", "Speaker"], ["Écouteurs", "Clavier", "Caméra", "Enceinte"]),
    ("Fashion", ["Jacket", "Sneakers", "Scarf", "Dress"], ["Veste", "Baskets", "Écharpe", "Robe d’été"]),
    ("Home", ["Armchair", "Lamp", "Kettle", "Rug"], ["Fauteuil", "Lampe", "Théière", "Tapis"]),
    ("Books", ["Novel", "Atlas", "Cookbook", "Comic"], ["Roman", "Atlas", "Livre de pâtisserie", "Bande dessinée"]),
    ("Sports", ["Bicycle", "Yoga Mat", "Racket", "Tent"], ["Vélo", "Tapis de yoga", "Raquette", "Tente"]),
    ("Beauty", ["Perfume", "Face Cream", "Shampoo", "Soap"], ["Parfum", "Crème", "Shampoing", "Savon à l’huile"]),
];

/// What merchants write: each trips another careless reader of files.
const REMARKS: [&str; 10] = [
    "12\" wide, 30 cm deep, \"as good as new\".",
    "Livré avec housse, câble et notice ; fabriqué à Besançon 🇫🇷",
    "Care:\n- wash at 30 °C\n- don't tumble-dry",
    "Prêt à l’emploi ✨, garanti « deux ans », pièces et main-d’œuvre comprises",
    "Sizes S, M, L; colours: red, \"sand\", blue\r\nSee the size guide.",
    "Un vrai coup de cœur 😍 — noté 4,8/5 par nos clients",
    "Ships in 24 h 🚚, free returns within 30 days",
    "Idéal pour Noël 🎄 : emballage offert,\nmessage \"personnalisé\" possible",
    "100% recycled; path C:\\temp is not included, nor is a NULL\ttab",
    "L'essayer, c'est l'adopter !",
];

const DAYS: i32 = 365;

/// What other tables know of a product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    pub(super) created_at: Timestamp,
    pub(super) cents: i32,
}

impl Offer {
    /// The first draws of a product's row; the last ones follow.
    pub(super) fn draw(draw: &mut Draw, now: Timestamp, i: u64, n: u64) -> Self {
        let created_at = slot(draw, super::days_before(now, DAYS), now, i, n);
        Self { created_at, cents: draw.between(500, 50_000) }
    }
}

fn row(demo: &Inner, i: u64) -> Products {
    let now = demo.options.now;
    let mut draw = Draw::row(demo.options.seed, Stream::Products, i);
    let offer = Offer::draw(&mut draw, now, i, demo.counts().products);
    let (category, english, french) = CATEGORIES[draw.below(CATEGORIES.len() as u64) as usize];
    let name = if draw.percent(50) {
        let thing = draw.pick(&french);
        format!("{thing} « {} »", LastName(FR_FR).fake_with_rng::<&str, _>(draw.rng()))
    } else {
        let thing = draw.pick(&english);
        format!("{} {thing}", Buzzword(EN).fake_with_rng::<&str, _>(draw.rng()))
    };
    let phrase: String = CatchPhrase(EN).fake_with_rng(draw.rng());
    let sentence: String = Sentence(EN, 4..12).fake_with_rng(draw.rng());
    let description = format!("{phrase}, {sentence}\n{}", draw.pick(&REMARKS));
    Products {
        id: super::id(i),
        merchant_id: draw.between(1, 100),
        name,
        description: Some(description),
        category: Some(category.to_owned()),
        price: money(offer.cents),
        stock_quantity: Some(draw.between(0, 1000)),
        created_at: Some(offer.created_at),
        updated_at: Some(draw.instant(offer.created_at, now)),
    }
}

pub(super) fn rows(demo: &Demo) -> impl Iterator<Item = Products> + Send + use<> {
    let demo = demo.inner.clone();
    (0..demo.counts().products).map(move |i| row(&demo, i))
}
