package money

import "strings"

// Edition is the publication date of the ISO 4217 list that the table follows (GL-02).
const Edition = "2026-01-01"

const (
	noDecimals    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeDecimals = "BHD IQD JOD KWD LYD OMR TND"
	fourDecimals  = "CLF UYW"
	twoDecimals   = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD " +
		"CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD " +
		"GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD " +
		"MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD " +
		"RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD " +
		"USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
)

// decimals holds digits+1 for each listed currency and 0 for all other codes.
var decimals = decimalTable()

func decimalTable() *[26*26*26 + 1]int8 {
	var table [26*26*26 + 1]int8
	for n, codes := range []string{noDecimals, "", twoDecimals, threeDecimals, fourDecimals} {
		for code := range strings.FieldsSeq(codes) {
			if c, ok := pack(code); ok {
				table[c] = int8(n) + 1
			}
		}
	}
	return &table
}

// digits is -1 for a code that the list does not have.
func digits(c Currency) int {
	if int(c) >= len(decimals) {
		return -1
	}
	return int(decimals[c]) - 1
}
