package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) newAgreement(c echo.Context) error {
	return agreementPage(c, http.StatusOK, views.Access{RightForms: views.RightForms{Once: newOnce()}})
}

// agreementPage draws the form that adds an open agreement. The staff add none.
func agreementPage(c echo.Context, status int, a views.Access) error {
	if viewer(c).SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	return page(c, status, views.AgreementPage(a))
}

func (s *Server) addAgreement(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	return s.answerOnAccess(c, form, views.RightForms{Focus: views.AgreementForm, Problems: problems}, func(once licensing.Once) error {
		f := licensing.AgreementForm{Number: form.Get("licence"), Authorisation: form.Get("authorisation"), At: s.Now()}
		return s.Store.AddAgreement(c.Request().Context(), viewer(c), f, once)
	})
}
