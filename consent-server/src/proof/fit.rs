//! How much of a long declaration there is room for: some of every category, before all of any.

/// The rows of one category, by their heights.
pub(super) type Heights = Vec<f32>;

/// How many rows of each category are shown, so that these, and a line of height `more` under each category of which some
/// are left out, are together no higher than `room`.
pub(super) fn fit(categories: &[Heights], more: f32, room: f32) -> Vec<usize> {
    let mut shown = vec![0; categories.len()];
    let mut open = vec![true; categories.len()];
    while open.contains(&true) {
        for (category, rows) in categories.iter().enumerate() {
            let Some((count, open)) = shown.get_mut(category).zip(open.get_mut(category)) else { continue };
            if !*open {
                continue;
            }
            *open = *count < rows.len();
            if *open {
                *count += 1;
                let fits = height(categories, &shown, more) <= room;
                if let (false, Some(count)) = (fits, shown.get_mut(category)) {
                    *count -= 1;
                    *open = false;
                }
            }
        }
    }
    shown
}

fn height(categories: &[Heights], shown: &[usize], more: f32) -> f32 {
    let one = |(rows, shown): (&Heights, &usize)| {
        let rest = if *shown < rows.len() { more } else { 0.0 };
        rows.iter().take(*shown).sum::<f32>() + rest
    };
    categories.iter().zip(shown).map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_shown_where_there_is_room() {
        assert_eq!(fit(&[vec![10.0; 3], vec![], vec![20.0]], 10.0, 50.0), [3, 0, 1]);
    }

    #[test]
    fn every_category_gets_some_before_any_gets_all() {
        let shown = fit(&[vec![10.0; 500], vec![10.0; 2], vec![10.0; 500]], 10.0, 120.0);
        assert_eq!(shown, [4, 2, 4]);
        assert!(height(&[vec![10.0; 500], vec![10.0; 2], vec![10.0; 500]], &shown, 10.0) <= 120.0);
    }

    #[test]
    fn nothing_but_the_rest_is_named_where_there_is_none() {
        assert_eq!(fit(&[vec![10.0; 5], vec![10.0]], 10.0, 20.0), [0, 1]);
        assert_eq!(fit(&[vec![30.0; 5], vec![30.0]], 10.0, 20.0), [0, 0]);
        assert_eq!(fit(&[], 10.0, 20.0), [0; 0]);
    }
}
