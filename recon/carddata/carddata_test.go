package carddata

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// testNumbers are the numbers that networks and gateways publish for testing.
func testNumbers() []string {
	return strings.Fields(`
		4111111111111111 4012888888881881 4222222222222 4000056655665556 4242424242424242 4917610000000000 4462030000000000
		4917610000000000003 4001919257537193 4007702835532454
		5555555555554444 5105105105105100 5200828282828210 5454545454545454 2223003122003222 2222405343248877 2223000048400011 2720999999999996
		378282246310005 371449635398431 378734493671000 341111111111111
		6011111111111117 6011000990139424 6011601160116611 6445644564456445 6221260062379698
		30569309025904 38520000023237 36006666333344 36227206271667 3056930009020004
		3530111333300000 3566002020360505 3528000700000000
		6200000000000005 6200000000000047 6205500000000000004 6250946000000016
		6759649826438453 6799990100000000019 5018000000000009 6304000000000000
		6334580500000000 633499100000000004 6331101999990016 135412345678911
		5019717010103742 6362970000457013 8171999927660000 2200000000000004 9792000000000003`)
}

// TestPublishedNumbers holds R7's recall: every published number in every documented disguise.
func TestPublishedNumbers(t *testing.T) {
	for _, number := range testNumbers() {
		for name, text := range disguises(number) {
			if !Has(text) {
				t.Errorf("%s %s: %q not found", number, name, text)
				continue
			}
			masked := Mask(text)
			if Has(masked) || strings.Contains(digitsOf(masked), number[:len(number)-4]) {
				t.Errorf("%s %s: masked to %q", number, name, masked)
			}
			if !strings.Contains(masked, number[len(number)-4:]) {
				t.Errorf("%s %s: last four missing in %q", number, name, masked)
			}
		}
	}
}

func disguises(number string) map[string]string {
	groups := func(sep string) string {
		var b strings.Builder
		for i := 0; i < len(number); i += 4 {
			if i > 0 {
				b.WriteString(sep)
			}
			b.WriteString(number[i:min(i+4, len(number))])
		}
		return b.String()
	}
	wide := func(zero rune) string {
		return strings.Map(func(r rune) rune { return zero + r - '0' }, number)
	}
	return map[string]string{
		"plain": number, "in text": "card " + number + " exp 12/29", "letters": "X" + number + "Y",
		"blanks": groups(" "), "hyphens": groups("-"), "points": groups("."), "underscores": groups("_"), "spaced hyphens": groups(" - "),
		"single digits": strings.Join(strings.Split(number, ""), " "), "no-break blanks": groups("\u00a0"), "dashes": groups("\u2013"),
		"fullwidth": wide('０'), "arabic": wide('٠'), "mathematical": wide('𝟎'), "superscript mix": "²" + "/" + number,
		"zero width": groups("\u200b"), "behind an order number": "104501 " + number, "before a digit": number + " 7",
		"fullwidth hyphens": groups("－"), "quoted": `"` + number + `"`, "url": "ref=" + number + "&x=1",
		"track 1": "%B" + number + "^DOE/JOHN^2912101000000000?", "track 2": ";" + number + "=29121010000000000?",
	}
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func TestTrackDataNeedsNoCheckDigit(t *testing.T) {
	for _, text := range []string{"%B4111111111111112^X^29", "%b4111111111111112^", "a;4111111111111112=2912"} {
		if masked := Mask(text); masked == text || strings.Contains(masked, "29") {
			t.Errorf("%q masked to %q", text, masked)
		}
	}
}

func TestNoCard(t *testing.T) {
	for _, text := range []string{
		"", "4111111111111112", "411111111111", "0004172180000167905139", "6969304358566698703248", "20260930 203000",
		"f1cf56ef-5071-477f-b3ee-8779721a7f44", "2026-09-29T20:30:00Z", "+49 170 1234567", "104501+104502+104503", "12345678901234567890",
		"4111,1111,1111,1111", "DE89 3704 0044 0532 0130 00",
	} {
		if Has(text) || Mask(text) != text {
			t.Errorf("%q taken for card data: %q", text, Mask(text))
		}
	}
}

// TestFalsePositives measures realistic references: R7 allows one in a million.
func TestFalsePositives(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for i := range n {
		if text := reference(r, i); Has(text) {
			hits++
			t.Logf("false positive %q", text)
		}
	}
	if hits > n/1_000_000 {
		t.Errorf("%d false positives in %d references", hits, n)
	}
}

func reference(r *rand.Rand, i int) string {
	switch i % 9 {
	case 0:
		return fmt.Sprintf("%09d", r.IntN(1e9))
	case 1:
		return fmt.Sprintf("WEB-%d-R%d", r.IntN(1e9), r.IntN(9))
	case 2:
		return fmt.Sprintf("  000%d ", r.IntN(1e9))
	case 3:
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48))
	case 4:
		return fmt.Sprintf("SO%010d+SO%010d", r.IntN(1e10), r.IntN(1e10))
	case 5:
		return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:%02d.%03dZ", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000))
	case 6:
		return fmt.Sprintf("7%021d", r.Int64())
	case 7:
		return fmt.Sprintf("17%011d", r.Int64N(1e11)) // milliseconds since 1970
	}
	return fmt.Sprintf("PO %d / %d", r.IntN(1e8), r.IntN(1e5))
}

func TestColumn(t *testing.T) {
	for name, want := range map[string]bool{
		"cvv": true, "CVV2": true, "cvc_code": true, "cvNumber": true, "cvn": true, "cid": true, "securityCode": true, "Card Verification Value": true,
		"track2": true, "trackData": true, "card_verification_number": true, "pin_block": true,
		"auth_cv_result": false, "cvv_result": false, "CVResultCode": false, "customer_cid": false, "amount": false, "request_id": false,
	} {
		if Column(name) != want {
			t.Errorf("Column(%q) = %v", name, !want)
		}
	}
}

func TestQuote(t *testing.T) {
	got := Quote("a\nb 4111 1111 1111 1111 " + strings.Repeat("x", 100))
	if strings.Contains(got, "4111 1111") || strings.Contains(got, "\n") || len(got) > 50 || !strings.Contains(got, "1111") {
		t.Error(got)
	}
}

func FuzzMask(f *testing.F) {
	for _, number := range testNumbers() {
		for _, text := range disguises(number) {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked := Mask(text)
		if Has(masked) {
			t.Errorf("%q masked to %q, which still has card data", text, masked)
		}
		if !Has(text) && masked != text {
			t.Errorf("%q changed to %q without need", text, masked)
		}
	})
}

func BenchmarkHas(b *testing.B) {
	for _, text := range []string{"104501", "f1cf56ef-5071-477f-b3ee-8779721a7f44", "2026-09-29T20:30:00Z", "4111 1111 1111 1111"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				Has(text)
			}
		})
	}
}

// The digits that a masked number has left are those of the number.
func TestLast4OfKeptCopies(t *testing.T) {
	for text, want := range map[string]string{"4111111111111111": "1111", Mask("ref 4111 1111 1111 1111"): "1111", "************": "", "none": ""} {
		if got := Last4(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
