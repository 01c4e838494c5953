package demo

// What to do where a product has no key in the portal, in every language of it.
var (
	inInstaller = map[string]string{
		"en": `The installer carries the product key and fills it in by itself. To read the key, open x64\DefaultSetup.ini on the installation medium. Back up the old version before you upgrade.`,
		"fi": `Asennusohjelma sisältää tuoteavaimen ja täyttää sen itse. Avaimen voi lukea asennusmedian tiedostosta x64\DefaultSetup.ini. Varmuuskopioi vanha versio ennen päivitystä.`,
		"nb": `Installasjonsprogrammet inneholder produktnøkkelen og fyller den inn selv. Åpne x64\DefaultSetup.ini på installasjonsmediet for å lese nøkkelen. Ta sikkerhetskopi av den gamle versjonen før du oppgraderer.`,
		"sv": `Installationsprogrammet innehåller produktnyckeln och fyller i den automatiskt. Öppna x64\DefaultSetup.ini på installationsmediet för att läsa nyckeln. Säkerhetskopiera den gamla versionen innan du uppgraderar.`,
		"nl": `Het installatieprogramma bevat de productcode en vult die zelf in. Open x64\DefaultSetup.ini op het installatiemedium om de code te lezen. Maak vóór een upgrade een back-up van de oude versie.`,
	}
	inWizard = map[string]string{
		"en": `First install the Remote Desktop Licensing role on the server. Its licensing wizard asks for a licence programme and a number instead of a product key: choose the programme of this licence ID and enter the number shown here. Without internet access the wizard offers phone and web.`,
		"fi": `Asenna palvelimeen ensin Remote Desktop Licensing -rooli. Sen ohjattu toiminto kysyy tuoteavaimen sijasta lisenssiohjelmaa ja numeroa: valitse tämän lisenssitunnuksen ohjelma ja anna tässä näkyvä numero. Jos internetyhteyttä ei ole, ohjattu toiminto tarjoaa vaihtoehdoiksi puhelimen ja verkkosivun.`,
		"nb": `Installer først rollen Remote Desktop Licensing på serveren. Veiviseren spør om lisensprogram og nummer i stedet for en produktnøkkel: Velg lisensprogrammet til denne lisens-ID-en, og skriv inn nummeret som vises her. Har serveren ikke internettilgang, kan du velge telefon eller nettleser i veiviseren.`,
		"sv": `Installera först rollen Remote Desktop Licensing på servern. Guiden frågar efter licensprogram och nummer i stället för en produktnyckel: välj licensprogrammet för det här licens-ID:t och ange numret som visas här. Saknas internetanslutning kan du i guiden välja telefon eller webb.`,
		"nl": `Installeer eerst de rol Remote Desktop Licensing op de server. De wizard vraagt om een licentieprogramma en een nummer in plaats van een productcode: kies het programma van deze licentie-id en voer het nummer in dat hier staat. Zonder internetverbinding biedt de wizard telefoon of web als alternatief.`,
	}
	notNeeded = map[string]string{
		"en": `A client access licence needs no product key: it is a right to use the server, and nothing is installed or activated. Make sure that enough of them have been bought.`,
		"fi": `Asiakaskäyttöoikeuteen (CAL) ei tarvita tuoteavainta: se on oikeus käyttää palvelinta, eikä mitään asenneta tai aktivoida. Varmista, että käyttöoikeuksia on ostettu riittävästi.`,
		"nb": `En klienttilgangslisens (CAL) trenger ingen produktnøkkel: Den gir rett til å bruke serveren, og ingenting skal installeres eller aktiveres. Pass på at det er kjøpt nok slike lisenser.`,
		"sv": `En klientåtkomstlicens (CAL) kräver ingen produktnyckel: den ger rätt att använda servern, och ingenting behöver installeras eller aktiveras. Se till att tillräckligt många har köpts.`,
		"nl": `Voor een clienttoegangslicentie (CAL) is geen productcode nodig: zo’n licentie geeft het recht om de server te gebruiken, en er wordt niets geïnstalleerd of geactiveerd. Zorg dat er genoeg zijn gekocht.`,
	}
	// The MAK of these is listed; what is missing is a KMS host key of their own.
	byOfficeHost = map[string]string{
		"en": `For activation by KMS no key of its own is needed: the KMS host with the KMS host key of Office serves this product too.`,
		"fi": `KMS-aktivointiin ei tarvita omaa avainta: KMS-isäntä, jossa on Officen KMS-isäntäavain, palvelee myös tätä tuotetta.`,
		"nb": `Aktivering med KMS krever ingen egen nøkkel: KMS-verten med KMS-vertsnøkkelen for Office betjener også dette produktet.`,
		"sv": `För aktivering med KMS behövs ingen egen nyckel: KMS-värden med KMS-värdnyckeln för Office betjänar även den här produkten.`,
		"nl": `Voor activering via KMS is geen eigen code nodig: de KMS-host met de KMS-hostcode van Office bedient ook dit product.`,
	}
)
