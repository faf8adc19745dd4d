//! Formulas: numbers, cells, `+ - * /`, parentheses, `SUM(A1:B3)`.

use super::cells::{COLUMNS, Status, Value, cell_of};

/// How deep parentheses may be.
const MAX_DEPTH: u32 = 16;

struct Parser<'a, F> {
    rest: &'a str,
    value: F,
    depth: u32,
}

/// The value of a formula, with cells' values from `value`.
///
/// # Errors
/// The status that the cell gets.
pub fn evaluate<E>(
    formula: &str,
    value: impl FnMut(u64) -> Result<Value, E>,
) -> Result<Result<i64, Status>, E> {
    let mut parser = Parser {
        rest: formula,
        value,
        depth: 0,
    };
    let result = parser.sum()?;
    Ok(match result {
        Ok(number) if parser.rest.trim().is_empty() => Ok(number),
        Ok(_) => Err(Status::Bad),
        Err(status) => Err(status),
    })
}

type Part<E> = Result<Result<i64, Status>, E>;

macro_rules! get {
    ($part:expr) => {
        match $part? {
            Ok(number) => number,
            Err(status) => return Ok(Err(status)),
        }
    };
}

impl<E, F: FnMut(u64) -> Result<Value, E>> Parser<'_, F> {
    fn take(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Part<E> {
        let mut total = get!(self.product());
        loop {
            let next = if self.take('+') {
                total.checked_add(get!(self.product()))
            } else if self.take('-') {
                total.checked_sub(get!(self.product()))
            } else {
                return Ok(Ok(total));
            };
            match next {
                Some(number) => total = number,
                None => return Ok(Err(Status::Overflow)),
            }
        }
    }

    fn product(&mut self) -> Part<E> {
        let mut total = get!(self.factor());
        loop {
            let next = if self.take('*') {
                total.checked_mul(get!(self.factor()))
            } else if self.take('/') {
                match get!(self.factor()) {
                    0 => return Ok(Err(Status::DividedByZero)),
                    by => total.checked_div(by),
                }
            } else {
                return Ok(Ok(total));
            };
            match next {
                Some(number) => total = number,
                None => return Ok(Err(Status::Overflow)),
            }
        }
    }

    fn factor(&mut self) -> Part<E> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Ok(Err(Status::Bad));
        }
        let result = self.inner();
        self.depth -= 1;
        result
    }

    fn inner(&mut self) -> Part<E> {
        if self.take('-') {
            let number = get!(self.factor());
            return Ok(number.checked_neg().ok_or(Status::Overflow));
        }
        if self.take('(') {
            let number = get!(self.sum());
            return Ok(if self.take(')') {
                Ok(number)
            } else {
                Err(Status::Bad)
            });
        }
        let word = self.word();
        if word.eq_ignore_ascii_case("SUM") && self.take('(') {
            return self.range_sum();
        }
        if let Some(cell) = cell_of(&word) {
            return Ok(number((self.value)(cell)?));
        }
        Ok(word.parse().map_err(|_| Status::Bad))
    }

    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_string()
    }

    fn range_sum(&mut self) -> Part<E> {
        let first = cell_of(&self.word());
        let last = if self.take(':') {
            cell_of(&self.word())
        } else {
            first
        };
        let (Some(first), Some(last), true) = (first, last, self.take(')')) else {
            return Ok(Err(Status::Bad));
        };
        let columns = (first % COLUMNS).min(last % COLUMNS)..=(first % COLUMNS).max(last % COLUMNS);
        let rows = (first / COLUMNS).min(last / COLUMNS)..=(first / COLUMNS).max(last / COLUMNS);
        let mut total: i64 = 0;
        for row in rows {
            for column in columns.clone() {
                let part = match number((self.value)(row * COLUMNS + column)?) {
                    Ok(part) => part,
                    Err(status) => return Ok(Err(status)),
                };
                match total.checked_add(part) {
                    Some(sum) => total = sum,
                    None => return Ok(Err(Status::Overflow)),
                }
            }
        }
        Ok(Ok(total))
    }
}

/// An empty cell counts as 0; an error spreads.
fn number(value: Value) -> Result<i64, Status> {
    match value.status {
        Status::Empty => Ok(0),
        Status::Number => Ok(value.number),
        status => Err(status),
    }
}
