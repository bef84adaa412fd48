package page

// Read returns the page of a list that begins at a cursor, "" for the first one, with the cursor of the next, "" at the end.
type Read[T any] func(after string) (items []T, next string, err error)

// Walk visits every row of a list, page by page, so that no snapshot is held open for a slow reader.
func Walk[T any](read Read[T], visit func(T) error) error {
	for after := ""; ; {
		items, next, err := read(after)
		if err != nil {
			return err
		}
		for _, x := range items {
			if err := visit(x); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// Begin reads the first page at once, so that a refusal is known before anything is written, and returns read with that page
// at hand.
func Begin[T any](read Read[T]) (Read[T], error) {
	items, next, err := read("")
	if err != nil {
		return nil, err
	}
	return func(after string) ([]T, string, error) {
		if after == "" {
			return items, next, nil
		}
		return read(after)
	}, nil
}
