//! From visit to account to first order.

use serde::{Deserialize, Serialize};
use shopstream_core::{Batch, Col, Columns, Date, Decimal, Result, Table, Timestamp, compute::ratio};
use std::collections::BTreeMap;

use crate::{
    core::FactOrders,
    staging::{StgEvents, StgUsers},
};

/// From visit to account to first order, day by day: the days on which there was one of the three.
#[derive(Table, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(activity_date))]
pub struct MartSignupFunnel {
    /// The day.
    pub activity_date: Date,
    /// How many visitors did something on the shop's pages.
    #[column(non_additive)]
    pub visitors: i64,
    /// How many accounts were opened.
    pub signups: i64,
    /// How many customers bought for the first time.
    pub first_orders: i64,
    /// Accounts over visitors.
    #[column(non_additive)]
    pub signup_rate: Option<Decimal<18, 6>>,
    /// First orders over accounts.
    #[column(non_additive)]
    pub order_rate: Option<Decimal<18, 6>>,
}

/// `staging.stg_events`, `staging.stg_users`, `core.fact_orders` → `marts.mart_signup_funnel`.
///
/// # Errors
/// None but those of the kernels.
pub fn mart_signup_funnel(
    events: &Batch<StgEvents>,
    users: &Batch<StgUsers>,
    facts: &Batch<FactOrders>,
) -> Result<Batch<MartSignupFunnel>> {
    let day = |times: &Col<Option<Timestamp>>| -> Col<Option<Date>> {
        times.values().map(|t| t.map(Timestamp::date)).collect()
    };

    let (visits, (visit_day,)) = events.all().group_by((&day(&events.event_ts),))?;
    let (signups, (signup_day,)) = users.all().group_by((&day(&users.registered_at),))?;
    let (buyers, _) = facts.filter(&facts.is_completed).group_by((&facts.customer_key,))?;
    let first_day = buyers.min(&facts.date_key)?;

    // visitors, signups, first orders
    let mut days: BTreeMap<Date, [i64; 3]> = BTreeMap::new();
    let mut add = |day: Option<Date>, which: usize, count: i64| {
        if let Some(day) = day
            && count > 0
        {
            days.entry(day).or_default()[which] += count;
        }
    };
    visit_day.values().zip(visits.count_distinct(&events.visitor_id)?.values()).for_each(|(day, n)| add(day, 0, n));
    signup_day.values().zip(signups.count().values()).for_each(|(day, n)| add(day, 1, n));
    first_day.values().for_each(|day| add(day, 2, 1));

    let column = |which: usize| -> Col<i64> { days.values().map(|counts| counts[which]).collect() };
    let (visitors, signups, first_orders) = (column(0), column(1), column(2));
    MartSignupFunnelColumns {
        activity_date: days.keys().copied().collect(),
        signup_rate: ratio(&signups, &visitors)?,
        order_rate: ratio(&first_orders, &signups)?,
        visitors,
        signups,
        first_orders,
    }
    .batch()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{assert_rows, fact_order, stg_event, stg_user};
    use shopstream_core::{date, dec, timestamp};
    use std::slice::from_ref;

    fn funnel(events: &[StgEvents], users: &[StgUsers], facts: &[FactOrders]) -> Batch<MartSignupFunnel> {
        mart_signup_funnel(&Batch::from_rows(events), &Batch::from_rows(users), &Batch::from_rows(facts)).unwrap()
    }

    const DAY: Date = date!("2026-01-10");

    /// A day with one visitor, one account and one first order.
    fn row() -> MartSignupFunnel {
        MartSignupFunnel {
            activity_date: DAY,
            visitors: 1,
            signups: 1,
            first_orders: 1,
            signup_rate: Some(dec!(1)),
            order_rate: Some(dec!(1)),
        }
    }

    fn visit(visitor: i64, at: Timestamp) -> StgEvents {
        StgEvents { visitor_id: Some(visitor.to_string()), event_ts: Some(at), ..stg_event() }
    }

    fn user(customer_id: i64, at: Timestamp) -> StgUsers {
        StgUsers { customer_id, registered_at: Some(at), ..stg_user() }
    }

    fn order(order_key: i64, customer_key: i64, at: Timestamp) -> FactOrders {
        FactOrders { order_key, customer_key, date_key: at.date(), order_timestamp: at, ..fact_order() }
    }

    #[test]
    fn nothing_at_all_is_no_row() {
        assert_rows(&funnel(&[], &[], &[]), &[]);
    }

    #[test]
    fn one_of_each_on_a_day_is_one_row() {
        let at = DAY.midnight();
        assert_rows(&funnel(&[visit(1, at)], &[user(1, at)], &[order(1, 1, at)]), &[row()]);
    }

    #[test]
    fn a_day_with_one_of_the_three_has_a_row() {
        let (first, second, third) = (date!("2026-01-08"), date!("2026-01-09"), DAY);
        let none =
            MartSignupFunnel { visitors: 0, signups: 0, first_orders: 0, signup_rate: None, order_rate: None, ..row() };
        let bought = MartSignupFunnel { activity_date: first, first_orders: 1, ..none.clone() };
        let signed = MartSignupFunnel { activity_date: second, signups: 1, order_rate: Some(dec!(0)), ..none.clone() };
        let visited = MartSignupFunnel { visitors: 1, signup_rate: Some(dec!(0)), ..none };
        assert_rows(
            &funnel(&[visit(1, third.midnight())], &[user(1, second.midnight())], &[order(1, 1, first.midnight())]),
            &[bought.clone(), signed.clone(), visited.clone()],
        );
        assert_rows(&funnel(&[visit(1, third.midnight())], &[], &[]), &[visited]);
        assert_rows(&funnel(&[], &[user(1, second.midnight())], &[]), &[signed]);
        assert_rows(&funnel(&[], &[], &[order(1, 1, first.midnight())]), &[bought]);
    }

    #[test]
    fn what_has_no_time_or_no_visitor_is_of_no_day() {
        let timeless = StgEvents { event_ts: None, ..stg_event() };
        let nobody = StgEvents { visitor_id: None, ..visit(1, timestamp!("2026-01-07 12:00:00")) };
        let ageless = StgUsers { registered_at: None, ..stg_user() };
        let pending = FactOrders { is_completed: false, ..order(1, 1, timestamp!("2026-01-06 12:00:00")) };
        assert_rows(&funnel(&[timeless.clone(), nobody.clone()], from_ref(&ageless), from_ref(&pending)), &[]);

        let at = DAY.midnight();
        let beside = StgEvents { event_ts: Some(at), ..nobody.clone() };
        let found =
            funnel(&[timeless, nobody, visit(1, at), beside], &[ageless, user(2, at)], &[pending, order(2, 1, at)]);
        assert_rows(&found, &[row()]);
    }

    #[test]
    fn visitors_count_once_a_day_whatever_they_do() {
        let at = DAY.midnight();
        let again = StgEvents { device: None, event_type: "purchase".into(), ..visit(1, at.plus_micros(1)) };
        let late = visit(1, at.plus_micros(Timestamp::DAY - 1));
        let tomorrow = visit(1, at.plus_micros(Timestamp::DAY));
        let events = [again, tomorrow, late, visit(1, at), visit(2, at)];
        let visited = |activity_date, visitors| MartSignupFunnel {
            activity_date,
            visitors,
            signups: 0,
            first_orders: 0,
            signup_rate: Some(dec!(0)),
            order_rate: None,
        };
        assert_rows(&funnel(&events, &[], &[]), &[visited(DAY, 2), visited(date!("2026-01-11"), 1)]);
    }

    #[test]
    fn only_the_first_completed_day_of_a_customer_is_a_first_order() {
        let (before, at, after) =
            (timestamp!("2026-01-09 12:00:00"), timestamp!("2026-01-10 12:00:00"), timestamp!("2026-01-11 12:00:00"));
        let facts = [
            order(5, 1, after),
            order(4, 1, at),
            order(3, 1, at.plus_micros(1)),
            order(2, 2, at),
            // The same order's second line, and an order that is no sale.
            FactOrders { order_item_key: 9, ..order(2, 2, at) },
            FactOrders { is_completed: false, is_cancelled: true, ..order(1, 1, before) },
            order(6, 3, after),
        ];
        let bought = |activity_date, first_orders| MartSignupFunnel {
            activity_date,
            visitors: 0,
            signups: 0,
            first_orders,
            signup_rate: None,
            order_rate: None,
        };
        assert_rows(&funnel(&[], &[], &facts), &[bought(DAY, 2), bought(date!("2026-01-11"), 1)]);
    }

    #[test]
    fn rates_are_rounded_half_away_from_zero_to_six_digits() {
        let at = DAY.midnight();
        let visits: Vec<_> = (0..128).map(|visitor| visit(visitor, at)).collect();
        let one =
            MartSignupFunnel { visitors: 128, signup_rate: Some(dec!(0.007813)), order_rate: Some(dec!(0)), ..row() };
        assert_rows(&funnel(&visits, &[user(1, at)], &[]), &[MartSignupFunnel { first_orders: 0, ..one.clone() }]);

        let users: Vec<_> = (1..=3).map(|customer| user(customer, at)).collect();
        let orders: Vec<_> = (1..=5).map(|customer| order(customer, customer, at)).collect();
        let more = MartSignupFunnel {
            signups: 3,
            first_orders: 5,
            signup_rate: Some(dec!(0.023438)),
            order_rate: Some(dec!(1.666667)),
            ..one
        };
        assert_rows(&funnel(&visits, &users, &orders), &[more]);
    }
}
