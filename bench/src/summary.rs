//! Medians, and medians of ratios within a round.

use crate::measure::Taken;
use crate::rounds::Sample;
use crate::variants::{Scenario, Variant};

/// The samples of one set in one scenario.
pub(crate) struct Summary<'a> {
    samples: Vec<&'a Sample>,
}

impl<'a> Summary<'a> {
    /// Takes those samples out of all.
    pub(crate) fn of(samples: &'a [Sample], set: &str, scenario: Scenario) -> Self {
        let samples = samples.iter().filter(|sample| sample.set == set && sample.scenario == scenario);
        Self { samples: samples.collect() }
    }

    /// The median of something of one variant.
    pub(crate) fn median(&self, variant: &Variant, of: impl Fn(&Taken) -> f64) -> Option<f64> {
        median(
            self.samples.iter().filter(|sample| sample.variant == *variant).map(|sample| of(&sample.taken)),
        )
    }

    /// The median of what one variant took for each of what another one took in the same round.
    pub(crate) fn ratio(&self, of: &Variant, to: &Variant, what: impl Fn(&Taken) -> f64) -> Option<f64> {
        let ratio = |sample: &&&Sample| {
            let other =
                self.samples.iter().find(|other| other.variant == *to && other.round == sample.round)?;
            let other = what(&other.taken);
            (other > 0.0).then(|| what(&sample.taken) / other)
        };
        median(self.samples.iter().filter(|sample| sample.variant == *of).filter_map(|sample| ratio(&sample)))
    }

    /// How many runs others disturbed, of how many.
    pub(crate) fn disturbed(&self) -> (usize, usize) {
        (self.samples.iter().filter(|sample| sample.taken.disturbed).count(), self.samples.len())
    }
}

/// The median of some numbers, where there are any.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    let lower = if values.len().is_multiple_of(2) { *values.get(half - 1)? } else { upper };
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median([].into_iter()), None);
    }
}
