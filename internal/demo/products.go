package demo

import (
	"context"
	"errors"
	"slices"

	"github.com/keyhall/keyhall/internal/licensing"
)

// The products, by their names.
const (
	win11LTSC24  = "Windows 11 Enterprise LTSC 2024"
	win11Ent     = "Windows 11 Enterprise"
	win11Pro     = "Windows 11 Pro"
	win11Edu     = "Windows 11 Education"
	win10LTSC21  = "Windows 10 Enterprise LTSC 2021"
	win10ESU1    = "Windows 10 Extended Security Updates, year 1"
	win10ESU2    = "Windows 10 Extended Security Updates, year 2"
	ws25DC       = "Windows Server 2025 Datacenter"
	ws25Std      = "Windows Server 2025 Standard"
	ws22DC       = "Windows Server 2022 Datacenter"
	ws22Std      = "Windows Server 2022 Standard"
	ws19Std      = "Windows Server 2019 Standard"
	ws25CAL      = "Windows Server 2025, user CAL"
	ws22CAL      = "Windows Server 2022, device CAL"
	rds25        = "Remote Desktop Services 2025, user CAL"
	rds22        = "Remote Desktop Services 2022, device CAL"
	sql22Ent     = "SQL Server 2022 Enterprise"
	sql22Std     = "SQL Server 2022 Standard"
	sql19Std     = "SQL Server 2019 Standard"
	exchange19   = "Exchange Server 2019 Standard"
	exchangeCAL  = "Exchange Server 2019 Standard, user CAL"
	sharePoint19 = "SharePoint Server 2019 Standard"
	sysCenter22  = "System Center 2022 Datacenter"
	exchangePlan = "Exchange Online Plan 1"
	office24Pro  = "Office LTSC 2024 Professional Plus"
	office24Std  = "Office LTSC 2024 Standard"
	office24Mac  = "Office LTSC 2024 Standard for Mac"
	office21Pro  = "Office LTSC 2021 Professional Plus"
	office21Std  = "Office LTSC 2021 Standard"
	office16Pro  = "Office 2016 Professional Plus"
	project24    = "Project 2024 Professional"
	visio24      = "Visio LTSC 2024 Professional"
	visual22     = "Visual Studio 2022 Professional"
	office365    = "Office 365 E3"
)

// A KMS host answers from this many machines on.
const (
	clientThreshold = 25
	serverThreshold = 5
	officeThreshold = 5
)

// product is a product and the type of key, beside a KMS host key, that it has.
type product struct {
	name, family, version, edition string
	pool                           licensing.Pool
	key                            licensing.KeyType // "" where none is listed
	kms                            int               // threshold
	source                         licensing.KeySource
	instruction                    map[string]string
}

var products = slices.Concat(systems, servers, applications)

var systems = []product{
	{win11LTSC24, "Windows 11", "LTSC 2024", "Enterprise", licensing.PoolSystems, licensing.MAK, clientThreshold, "", nil},
	{win11Ent, "Windows 11", "11", "Enterprise", licensing.PoolSystems, licensing.MAK, clientThreshold, "", nil},
	{win11Pro, "Windows 11", "11", "Pro", licensing.PoolSystems, licensing.MAK, clientThreshold, "", nil},
	{win11Edu, "Windows 11", "11", "Education", licensing.PoolSystems, licensing.MAK, clientThreshold, "", nil},
	{win10LTSC21, "Windows 10", "LTSC 2021", "Enterprise", licensing.PoolSystems, licensing.MAK, clientThreshold, "", nil},
	{win10ESU1, "Windows 10", "year 1", "Extended Security Updates", licensing.PoolSystems, licensing.MAK, 0, "", nil},
	{win10ESU2, "Windows 10", "year 2", "Extended Security Updates", licensing.PoolSystems, licensing.MAK, 0, "", nil},
}

var servers = []product{
	{ws25DC, "Windows Server", "2025", "Datacenter", licensing.PoolServers, licensing.MAK, serverThreshold, "", nil},
	{ws25Std, "Windows Server", "2025", "Standard", licensing.PoolServers, licensing.MAK, serverThreshold, "", nil},
	{ws22DC, "Windows Server", "2022", "Datacenter", licensing.PoolServers, licensing.MAK, serverThreshold, "", nil},
	{ws22Std, "Windows Server", "2022", "Standard", licensing.PoolServers, licensing.MAK, serverThreshold, "", nil},
	{ws19Std, "Windows Server", "2019", "Standard", licensing.PoolServers, licensing.MAK, serverThreshold, "", nil},
	{ws25CAL, "Windows Server", "2025", "user CAL", licensing.PoolServers, "", 0, licensing.KeyNone, notNeeded},
	{ws22CAL, "Windows Server", "2022", "device CAL", licensing.PoolServers, "", 0, licensing.KeyNone, notNeeded},
	{rds25, "Remote Desktop Services", "2025", "user CAL", licensing.PoolServers, "", 0, licensing.KeyWizard, inWizard},
	{rds22, "Remote Desktop Services", "2022", "device CAL", licensing.PoolServers, "", 0, licensing.KeyWizard, inWizard},
	{sql22Ent, "SQL Server", "2022", "Enterprise", licensing.PoolServers, "", 0, licensing.KeyEmbedded, inInstaller},
	{sql22Std, "SQL Server", "2022", "Standard", licensing.PoolServers, "", 0, licensing.KeyEmbedded, inInstaller},
	{sql19Std, "SQL Server", "2019", "Standard", licensing.PoolServers, "", 0, licensing.KeyEmbedded, inInstaller},
	{exchange19, "Exchange Server", "2019", "Standard", licensing.PoolServers, licensing.SetupKey, 0, "", nil},
	{exchangeCAL, "Exchange Server", "2019", "Standard, user CAL", licensing.PoolServers, "", 0, licensing.KeyNone, notNeeded},
	{sharePoint19, "SharePoint Server", "2019", "Standard", licensing.PoolServers, licensing.VLK, 0, "", nil},
	{sysCenter22, "System Center", "2022", "Datacenter", licensing.PoolServers, licensing.SetupKey, 0, "", nil},
	{exchangePlan, "Exchange Online", "", "Plan 1", licensing.PoolServers, licensing.OSA, 0, "", nil},
}

var applications = []product{
	{office24Pro, "Office", "LTSC 2024", "Professional Plus", licensing.PoolApplications, licensing.MAK, officeThreshold, "", nil},
	{office24Std, "Office", "LTSC 2024", "Standard", licensing.PoolApplications, licensing.MAK, officeThreshold, "", nil},
	{office24Mac, "Office", "LTSC 2024", "Standard for Mac", licensing.PoolApplications, licensing.VLK, 0, "", nil},
	{office21Pro, "Office", "LTSC 2021", "Professional Plus", licensing.PoolApplications, licensing.MAK, officeThreshold, "", nil},
	{office21Std, "Office", "LTSC 2021", "Standard", licensing.PoolApplications, licensing.MAK, officeThreshold, "", nil},
	{office16Pro, "Office", "2016", "Professional Plus", licensing.PoolApplications, licensing.MAK, officeThreshold, "", nil},
	{project24, "Project", "2024", "Professional", licensing.PoolApplications, licensing.MAK, officeThreshold, "", byOfficeHost},
	{visio24, "Visio", "LTSC 2024", "Professional", licensing.PoolApplications, licensing.MAK, officeThreshold, "", byOfficeHost},
	{visual22, "Visual Studio", "2022", "Professional", licensing.PoolApplications, licensing.SetupKey, 0, "", nil},
	{office365, "Office 365", "", "E3", licensing.PoolApplications, licensing.OSA, 0, "", nil},
}

// hasHostKey reports whether a KMS host key of its own is there for a product.
// Project and Visio have none: a host with the key of Office serves them.
func (p product) hasHostKey() bool { return p.kms > 0 && p.instruction == nil }

func (w *world) addProducts(ctx context.Context) error {
	for _, p := range products {
		row := licensing.Product{
			Name: p.name, Family: p.family, Pool: p.pool, Version: p.version, Edition: p.edition,
			KeySource: p.source, KMSThreshold: p.kms, Instruction: p.instruction,
		}
		if row.KeySource == "" {
			row.KeySource = licensing.KeyListed
		}
		var err error
		row.ID, err = w.AddProduct(ctx, w.by, row)
		if errors.Is(err, licensing.ErrConflict) {
			row, err = w.productThere(ctx, p.name)
		}
		if err != nil {
			return err
		}
		w.products[p.name] = row
	}
	return nil
}

// productThere finds a product that a broken-off build left behind.
func (w *world) productThere(ctx context.Context, name string) (licensing.Product, error) {
	c, err := w.Catalogue(ctx)
	if err != nil {
		return licensing.Product{}, err
	}
	for _, p := range c.Products {
		if p.Name == name {
			return p, nil
		}
	}
	return licensing.Product{}, licensing.ErrNotFound
}
