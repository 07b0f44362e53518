package recon

import "tieout/ledger/money"

// GoodsOf is what tax, shipping and surcharge leave of a document's amount:
// the goods, where the source does not give them.
func GoodsOf(amount int64, parts Components) (int64, error) {
	for _, part := range [...]int64{parts[Tax], parts[Shipping], parts[Surcharge]} {
		rest, err := money.AddMinor(amount, -part)
		if err != nil {
			return 0, err
		}
		amount = rest
	}
	return amount, nil
}
