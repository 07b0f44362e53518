package workbook

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"tieout/reports"
)

// RowHash covers what is locked in a row of Exceptions (RT-02), by value and in
// the order of 4.2: who imports the sheet computes it again. Age and bucket
// follow from the as-of date and are not part of it.
func RowHash(x *reports.ExceptionRow) string {
	fields := []string{
		x.ID, x.Status, string(x.SeverityOf()), x.Reason.String(), x.ReasonText(), string(x.Side), x.Merchant, x.Store,
		x.OrderNo, x.InvoiceNo, x.CustomerNo, x.Reference, x.RequestID, x.ParentID, x.Type, x.Origin.String(), code(x.Currency),
		x.Amount.String(), x.Applied.String(), x.Suspended.String(), x.Difference.String(), x.CardBrand, x.Last4, x.AuthCode,
		strings.Join(x.Suggested, ", "), x.Due.String(), x.FirstSeen.String(), x.OwnerOf(),
	}
	h := sha256.New()
	for _, field := range fields {
		clean, _ := inert(field)
		h.Write([]byte(clean))
		h.Write([]byte{0x1F})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
