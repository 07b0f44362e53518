package ledger_test

import (
	"fmt"
	"os"
	"strings"

	"tieout/fixtures/inputs"
)

// The rules that hold where a company says nothing else (settlement-accounting
// 1.3 to 1.6): priority, name and conditions, then what is posted.
func ExampleRuleTable() {
	night, err := inputs.Folder(os.DirFS("../fixtures/golden/worked-example"))
	if err != nil {
		panic(err)
	}
	text := night.Rules.String()
	fmt.Print(text[strings.Index(text, "1010 "):])
	// Output:
	// 1010 netted-pair match_kind="NETTED"
	//   natural {clearing}-{merchant_store} full
	//   natural {deposits}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1020 dispute event_type="CHARGEBACK,CHARGEBACK_REVERSAL"
	//   natural {clearing}-{merchant_store} full
	//   natural {cb_receivable}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1030 fee event_type="FEE"
	//   natural {clearing}-{merchant_store} full
	//   natural {fees[fee_code]}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1040 adjustment event_type="ADJUSTMENT"
	//   natural {clearing}-{merchant_store} full
	//   natural {adjustments[fee_code]}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1050 reserve event_type="RESERVE_HOLD,RESERVE_RELEASE"
	//   natural {clearing}-{merchant_store} full
	//   natural {reserve}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1110 cash-sale-return component="goods,shipping,surcharge,tax" credit_memo="yes" revenue_model="CASH_SALE"
	//   natural {clearing}-{merchant_store} full
	//   natural {returns}-{document_store} component:goods
	//   natural {tax}-{document_store} component:tax
	//   natural {freight}-{document_store} component:shipping
	//   natural {surcharge}-{document_store} component:surcharge
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1120 cash-sale component="goods,shipping,surcharge,tax" credit_memo="no" revenue_model="CASH_SALE"
	//   natural {clearing}-{merchant_store} full
	//   natural {sales}-{document_store} component:goods
	//   natural {tax}-{document_store} component:tax
	//   natural {freight}-{document_store} component:shipping
	//   natural {surcharge}-{document_store} component:surcharge
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1130 held reason="AMBIGUOUS_MATCH,CREDIT_UNLINKED,CURRENCY_MISMATCH,DATE_WINDOW,DUPLICATE_ORDER,DUPLICATE_TXN,NO_ORDER,ORDER_CANCELLED,REFUND_NO_CREDIT_MEMO,REFUND_OVER_CAPTURE,WEAK_MATCH,WRONG_MERCHANT"
	//   natural {clearing}-{merchant_store} full
	//   natural {unapplied}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1140 held-and-closed match_kind="CLEARS_SUSPENSE,REJECTED"
	//   natural {clearing}-{merchant_store} full
	//   natural {unapplied}-{merchant_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1150 receivable
	//   natural {clearing}-{merchant_store} full
	//   natural {ar}-{document_store} applied
	//   natural {unapplied}-{merchant_store} suspended
	//   natural {small_diff}-{merchant_store} write_off
	// 1210 clear-to-dispute event_type="AUTO_CLEAR" reason="CHARGEBACK_UNLINKED"
	//   natural {unapplied}-{merchant_store} full
	//   natural {cb_receivable}-{merchant_store} applied
	// 1220 clear-to-cash-sale-return component="goods,shipping,surcharge,tax" credit_memo="yes" event_type="AUTO_CLEAR" revenue_model="CASH_SALE"
	//   natural {unapplied}-{merchant_store} full
	//   natural {returns}-{document_store} component:goods
	//   natural {tax}-{document_store} component:tax
	//   natural {freight}-{document_store} component:shipping
	//   natural {surcharge}-{document_store} component:surcharge
	// 1230 clear-to-cash-sale component="goods,shipping,surcharge,tax" credit_memo="no" event_type="AUTO_CLEAR" revenue_model="CASH_SALE"
	//   natural {unapplied}-{merchant_store} full
	//   natural {sales}-{document_store} component:goods
	//   natural {tax}-{document_store} component:tax
	//   natural {freight}-{document_store} component:shipping
	//   natural {surcharge}-{document_store} component:surcharge
	// 1240 clear-to-receivable event_type="AUTO_CLEAR"
	//   natural {unapplied}-{merchant_store} full
	//   natural {ar}-{document_store} applied
	// 1310 funding event_type="FUNDING"
	//   natural {in_transit}-{head_office} full
	//   natural {clearing}-{merchant_store} applied
	// 1320 exchange-out event_type="EXCHANGE_OUT"
	//   natural {fx_clearing}-{head_office} full
	//   natural {clearing}-{merchant_store} applied
	// 1330 exchange-in event_type="EXCHANGE_IN"
	//   natural {in_transit}-{head_office} full
	//   natural {fx_clearing}-{head_office} applied
	//   natural {fx_diff}-{head_office} write_off
	// 1410 bank-unidentified event_type="BANK" reason="BANK_UNIDENTIFIED"
	//   natural {cash[currency]}-{head_office} full
	//   natural {unidentified}-{head_office} applied
	// 1420 bank event_type="BANK"
	//   natural {cash[currency]}-{head_office} full
	//   natural {in_transit}-{head_office} applied
}
