package door

// Bound has a store keep at most so many rows of a day.
func (s *Store) Bound(rows int64) { s.days.most = rows }
