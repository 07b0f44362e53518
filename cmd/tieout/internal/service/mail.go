package service

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail sends notices by SMTP.
type Mail struct {
	Host     string
	Port     int
	From     string
	To       []string
	User     string // "" for a server that asks for none
	Password string
	TLS      mail.TLSPolicy
	Attach   bool // the workbook; otherwise its path is named
}

// Send sends one message. Its text is one line and where the workbook is.
func (m *Mail) Send(ctx context.Context, n Notice) error {
	message := mail.NewMsg()
	if err := message.From(m.From); err != nil {
		return fmt.Errorf("mail from %s: %w", m.From, err)
	}
	if err := message.To(m.To...); err != nil {
		return fmt.Errorf("mail to %v: %w", m.To, err)
	}
	message.Subject("tieout: " + n.Subject)
	text := n.Text
	switch {
	case n.Attach != "" && m.Attach:
		if _, err := os.Stat(n.Attach); err != nil {
			return fmt.Errorf("attach the workbook: %w", err)
		}
		message.AttachFile(n.Attach)
	case n.Attach != "":
		text += "\n\nWorkbook: " + filepath.ToSlash(n.Attach)
	}
	message.SetBodyString(mail.TypeTextPlain, text+"\n")
	client, err := mail.NewClient(m.Host, m.options()...)
	if err != nil {
		return fmt.Errorf("mail by %s: %w", m.Host, err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("mail by %s: %w", m.Host, err)
	}
	return nil
}

func (m *Mail) options() []mail.Option {
	o := []mail.Option{mail.WithPort(m.Port), mail.WithTLSPolicy(m.TLS), mail.WithTimeout(30 * time.Second)}
	if m.User != "" {
		o = append(o, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	return o
}
