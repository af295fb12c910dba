//! Means, deviations and how two arguments go together, with the running sums that Trino has, so that the last digits are
//! its own.

use super::Aggregate;
use crate::function::form;
use crate::types::Type;
use crate::value::Value;

use Type::Double;

/// A form of one double's moments.
macro_rules! of_one {
    ($give:expr) => {
        form(&[Double], Double, |arguments| {
            let give: fn(&Moments) -> Option<f64> = $give;
            Ok(double(give(&moments(&arguments[0]))))
        })
    };
}

/// A form of two doubles.
macro_rules! of_two {
    ($give:expr) => {
        form(&[Double, Double], Double, |arguments| {
            let give: fn(&Together) -> Option<f64> = $give;
            Ok(double(give(&together(arguments))))
        })
    };
}

pub(super) fn all() -> Vec<Aggregate> {
    let of = |name, form| Aggregate::new(name, [form]);
    vec![
        of(
            "geometric_mean",
            form(&[Double], Double, |arguments| {
                let values = arguments[0].elements();
                let logarithms: f64 = values.iter().map(|value| value.double().ln()).sum();
                let mean = (!values.is_empty()).then(|| (logarithms / values.len() as f64).exp());
                Ok(double(mean))
            }),
        ),
        of("stddev", of_one!(|moments| moments.sample().map(f64::sqrt))),
        of(
            "stddev_samp",
            of_one!(|moments| moments.sample().map(f64::sqrt)),
        ),
        of(
            "stddev_pop",
            of_one!(|moments| moments.population().map(f64::sqrt)),
        ),
        of("variance", of_one!(Moments::sample)),
        of("var_samp", of_one!(Moments::sample)),
        of("var_pop", of_one!(Moments::population)),
        of(
            "skewness",
            of_one!(|moments| {
                let n = moments.count;
                (n >= 3.0).then(|| n.sqrt() * moments.third / moments.second.powf(1.5))
            }),
        ),
        of(
            "kurtosis",
            of_one!(|moments| {
                let n = moments.count;
                let (second, fourth) = (moments.second, moments.fourth);
                (n >= 4.0).then(|| {
                    (n - 1.0) * n * (n + 1.0) / ((n - 2.0) * (n - 3.0)) * fourth / (second * second)
                        - 3.0 * ((n - 1.0) * (n - 1.0)) / ((n - 2.0) * (n - 3.0))
                })
            }),
        ),
        of(
            "covar_pop",
            of_two!(|two| (two.count > 0.0).then(|| two.products / two.count)),
        ),
        of(
            "covar_samp",
            of_two!(|two| (two.count > 1.0).then(|| two.products / (two.count - 1.0))),
        ),
        of(
            "corr",
            of_two!(|two| {
                let deviations = (two.of_left * two.of_right).sqrt();
                (two.count > 0.0 && deviations != 0.0).then(|| two.products / deviations)
            }),
        ),
        of("regr_slope", of_two!(|two| two.slope())),
        of(
            "regr_intercept",
            of_two!(|two| {
                two.slope()
                    .map(|slope| two.mean_left - slope * two.mean_right)
            }),
        ),
    ]
}

fn double(value: Option<f64>) -> Value<'static> {
    value.map_or(Value::Null, Value::Double)
}

/// Sums of powers of the distances from the mean.
#[derive(Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    second: f64,
    third: f64,
    fourth: f64,
}

impl Moments {
    fn sample(&self) -> Option<f64> {
        (self.count > 1.0).then(|| self.second / (self.count - 1.0))
    }

    fn population(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.second / self.count)
    }
}

/// One value after the other (Pébay 2008, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
/// statistical moments").
fn moments(values: &Value<'_>) -> Moments {
    let mut moments = Moments::default();
    for value in values.elements() {
        let n1 = moments.count;
        let n = n1 + 1.0;
        let delta = value.double() - moments.mean;
        let share = delta / n;
        let square = share * share;
        let term = delta * share * n1;
        moments.count = n;
        moments.mean += share;
        moments.fourth += term * square * (n * n - 3.0 * n + 3.0) + 6.0 * square * moments.second
            - 4.0 * share * moments.third;
        moments.third += term * share * (n - 2.0) - 3.0 * share * moments.second;
        moments.second += term;
    }
    moments
}

/// How the first argument, the left, goes with the second.
#[derive(Debug, Default)]
struct Together {
    count: f64,
    mean_left: f64,
    mean_right: f64,
    /// Sums of the products of the distances from the means.
    products: f64,
    of_left: f64,
    of_right: f64,
}

impl Together {
    fn slope(&self) -> Option<f64> {
        (self.count > 1.0 && self.of_right != 0.0).then(|| self.products / self.of_right)
    }
}

fn together(arguments: &[Value<'_>]) -> Together {
    let mut two = Together::default();
    for (left, right) in arguments[0].elements().iter().zip(arguments[1].elements()) {
        let (left, right) = (left.double(), right.double());
        two.count += 1.0;
        let (from_left, from_right) = (left - two.mean_left, right - two.mean_right);
        two.mean_left += from_left / two.count;
        two.mean_right += from_right / two.count;
        two.products += from_left * (right - two.mean_right);
        two.of_left += from_left * (left - two.mean_left);
        two.of_right += from_right * (right - two.mean_right);
    }
    two
}
