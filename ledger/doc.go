// Package ledger turns outcomes into balanced journal entries by the rules of
// the general ledger, and proves them.
//
// An [Entry] that does not balance cannot be built (GL-12): [NewEntry] is the
// only door. Start at [RollUp]; [Prove] draws up the proofs that need both sides
// (INV-4, 6 to 10) and [Proof.Check] says whether they hold.
//
// Which accounts a movement goes to is data: [DefaultRules] is the table of
// settlement-accounting 1.3 to 1.6 in the terms of 2.2. The rules are asked in
// the order of their priorities, and the first that holds books the movement. A
// company's own rules have priorities 1 to 999 and so come before the default
// rules; one that overrides one case repeats nothing else. In a policy:
//
//	rules:
//	  # The Canadian shop has a receivables account of its own from October on.
//	  - id: canada-receivable
//	    priority: 100
//	    valid_from: 2026-10-01
//	    when: {merchant_id: acme_ca, event_type: [CAPTURE, REFUND]}
//	    post:
//	      - {account: "{clearing}-{store}",   amount: full}       # the money
//	      - {account: "1210-{store}",         amount: applied}    # what the documents took
//	      - {account: "{unapplied}-{store}",  amount: suspended}  # what is held
//	      - {account: "{small_diff}-{store}", amount: write_off}  # what is within tolerance
//	  # Interchange of American Express is a cost of its own.
//	  - id: amex-interchange
//	    priority: 200
//	    when: {event_type: FEE, fee_code: INTERCHANGE, card_brand: AMEX}
//	    post:
//	      - {side: D, account: "6101-{store}", amount: fee}
//	      - {side: C, account: "{clearing}-{merchant_store}", amount: full}
//
// [When] and [Posting] say what can stand there. [NewRuleTable] refuses a table
// in which two rules of one priority could hold for the same row (GL-04), whose
// lines cannot balance, or that names an account, segment or lookup that does
// not exist (GL-05). Because proofs must end in zero, a rule may move clearing,
// unapplied and in_transit of a merchant to other accounts only together with
// the rules that clear them. What no rule has an account for goes to gl_suspense
// and the row is UNMAPPED_GL (GL-06): [RuleTable.Books] tells matching beforehand,
// by every rule that may yet hold when it is known how the row ends.
//
// Everything here is a pure function of its arguments. What must never come
// in: a file, a clock, a store, a report format.
package ledger
