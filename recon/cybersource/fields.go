package cybersource

import (
	"fmt"
	"slices"
	"time"
)

// Fields are what tieout wants in a report of a definition: those that cannot
// be left out, the link of a credit to its capture (PaymentRequestID) and the
// merchant-defined data among them (cybersource.md 4.2, 4.4, 4.5). nil for a
// definition that is not known here.
func Fields(definition string) []string {
	request := []string{"Request.MerchantID", "Request.RequestID", "Request.TransactionDate", "Request.MerchantReferenceNumber"}
	money := []string{"PaymentData.TransactionRefNumber", "PaymentData.Amount", "PaymentData.CurrencyCode", "PaymentData.PaymentRequestID", "PaymentData.AuthorizationCode"}
	application := []string{"Application.Name", "Application.Rcode", "Application.Rflag"}
	custom := []string{"MerchantDefinedData.Field1", "MerchantDefinedData.Field2", "MerchantDefinedData.Field3", "MerchantDefinedData.Field4"}
	card := []string{"PaymentMethod.CardType", "PaymentMethod.AccountSuffix"}
	switch definition {
	case "PaymentBatchDetailClass":
		batch := []string{"Batch.BatchDate", "Batch.BatchID", "Batch.Status"}
		return slices.Concat(batch, request, money, []string{"PaymentData.ProcessorTID"}, card, application, custom)
	case "TransactionRequestClass":
		return slices.Concat(request, money, card, application, custom)
	case "ExceptionDetailClass":
		exception := []string{
			"Exception.Action", "Exception.ExceptionCategory", "Exception.ExceptionMessage", "Exception.ExceptionType", "Exception.ProcessorResponseCode", "Exception.ReasonCode",
			"Exception.ExceptionAmount", "Exception.ExceptionAmountCurrency", "Exception.ExceptionDate",
		}
		return slices.Concat(exception, request, money, application)
	}
	return nil
}

// SubscriptionTo is the subscription that a daily report needs.
func SubscriptionTo(d Daily, definition string) (Subscription, error) {
	fields := Fields(definition)
	if fields == nil {
		return Subscription{}, fmt.Errorf("the fields of definition %q are not known; make the subscription %q in the business center", definition, d.Name)
	}
	minutes := int(d.Schedule.At / time.Minute)
	return Subscription{
		Name: d.Name, Definition: definition, Mime: d.Format.Mime(), Frequency: "DAILY", Zone: d.Schedule.Zone.String(), Start: fmt.Sprintf("%02d%02d", minutes/60, minutes%60),
		Fields: fields, Preference: Preferences{Signed: true, Convention: "SOAPI"},
	}, nil
}

// Faults are what makes a subscription another one than the configuration says.
func (s *Subscription) Faults(d Daily) (faults []string) {
	if s.Mime != "" && s.Mime != d.Format.Mime() {
		faults = append(faults, fmt.Sprintf("it is %s, the configuration says %s", s.Mime, d.Format.Mime()))
	}
	if zone, err := Zone(s.Zone); err == nil && zone.String() != d.Schedule.Zone.String() {
		faults = append(faults, fmt.Sprintf("its zone is %s, the configuration says %s", s.Zone, d.Schedule.Zone))
	}
	return faults
}

// Wishes are what a subscription could say and does not. Of a standard or
// classic report the processor chooses the columns.
func (s *Subscription) Wishes(definition string) (wishes []string) {
	if len(s.Fields) == 0 {
		return nil
	}
	for _, field := range Fields(definition) {
		if !slices.Contains(s.Fields, field) {
			wishes = append(wishes, "it lacks the field "+field)
		}
	}
	if !s.Preference.Signed {
		wishes = append(wishes, "signedAmounts is off: refunds come without their sign")
	}
	return wishes
}
