//! Virtual warehouses.

use std::fmt;

use crate::snowflake::sql::Ident;

/// A virtual warehouse: what statements run on, and what they cost. It resumes by itself, and is made suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualWarehouse {
    pub(in crate::snowflake::provision) name: Ident,
    pub(in crate::snowflake::provision) size: WarehouseSize,
    pub(in crate::snowflake::provision) auto_suspend: u32,
}

impl VirtualWarehouse {
    /// What it is called.
    pub fn name(&self) -> &Ident {
        &self.name
    }

    /// How large it is, and so what it costs while it runs.
    pub fn size(&self) -> WarehouseSize {
        self.size
    }

    /// After how many idle seconds it is suspended.
    pub fn auto_suspend_seconds(&self) -> u32 {
        self.auto_suspend
    }
}

/// How large a virtual warehouse is; each is twice the one before it, in speed at most and in price exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WarehouseSize {
    /// One credit an hour.
    XSmall,
    /// Two credits an hour.
    Small,
    /// Four credits an hour.
    Medium,
    /// Eight credits an hour.
    Large,
    /// 16 credits an hour.
    XLarge,
    /// 32 credits an hour.
    XXLarge,
    /// 64 credits an hour.
    XXXLarge,
    /// 128 credits an hour.
    X4Large,
    /// 256 credits an hour.
    X5Large,
    /// 512 credits an hour.
    X6Large,
}

impl WarehouseSize {
    const ALL: [Self; 10] = [
        Self::XSmall,
        Self::Small,
        Self::Medium,
        Self::Large,
        Self::XLarge,
        Self::XXLarge,
        Self::XXXLarge,
        Self::X4Large,
        Self::X5Large,
        Self::X6Large,
    ];

    /// The word of the option `WAREHOUSE_SIZE`.
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::XSmall => "XSMALL",
            Self::Small => "SMALL",
            Self::Medium => "MEDIUM",
            Self::Large => "LARGE",
            Self::XLarge => "XLARGE",
            Self::XXLarge => "XXLARGE",
            Self::XXXLarge => "XXXLARGE",
            Self::X4Large => "X4LARGE",
            Self::X5Large => "X5LARGE",
            Self::X6Large => "X6LARGE",
        }
    }

    /// The size by any of its words: `X-Small` as `SHOW WAREHOUSES` says it, `XSMALL` as it is set.
    pub fn from_shown(shown: &str) -> Option<Self> {
        let word = shown.replace('-', "").to_uppercase();
        let word = match word.as_str() {
            "2XLARGE" | "X2LARGE" => "XXLARGE",
            "3XLARGE" | "X3LARGE" => "XXXLARGE",
            "4XLARGE" => "X4LARGE",
            "5XLARGE" => "X5LARGE",
            "6XLARGE" => "X6LARGE",
            word => word,
        };
        Self::ALL.into_iter().find(|size| size.as_sql() == word)
    }

    /// What an hour of it costs, as the price list for standard warehouses has it:
    /// <https://docs.snowflake.com/en/user-guide/warehouses-overview>.
    pub fn credits_per_hour(self) -> u32 {
        1 << (self as u32)
    }
}

impl fmt::Display for WarehouseSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_sql())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_known_by_all_of_its_words() {
        for (shown, size, credits) in [
            ("X-Small", WarehouseSize::XSmall, 1),
            ("XSMALL", WarehouseSize::XSmall, 1),
            ("Medium", WarehouseSize::Medium, 4),
            ("2X-Large", WarehouseSize::XXLarge, 32),
            ("3X-LARGE", WarehouseSize::XXXLarge, 64),
            ("6X-Large", WarehouseSize::X6Large, 512),
        ] {
            assert_eq!(WarehouseSize::from_shown(shown), Some(size));
            assert_eq!(WarehouseSize::from_shown(size.as_sql()), Some(size));
            assert_eq!(size.credits_per_hour(), credits);
        }
        assert_eq!(WarehouseSize::from_shown("Huge"), None);
    }
}
