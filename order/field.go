package order

import (
	"maps"
	"slices"
)

// FieldName returns what a merchant calls a field of an order, by its path, such as
// submission.files.app_logo: a sentence of the catalogue, in English. ok is false where nothing is
// known of it.
func FieldName(path string) (english string, ok bool) {
	english, ok = fieldNames[path]
	return english, ok
}

// NamedFields returns the paths of the fields that have a name.
func NamedFields() []string { return slices.Sorted(maps.Keys(fieldNames)) }

// fieldNames are the names of fields, each a sentence of the catalogue.
var fieldNames = map[string]string{
	"app_id":                                      "the third-party app",
	"out_order_no":                                "the order's number",
	"kind":                                        "the kind of order",
	"merchant_ref":                                "the merchant's id",
	"order_no":                                    "Alipay's number of the order",
	"mini_app_id":                                 "the mini program's id",
	"create":                                      "the merchant's details",
	"create.alipay_account":                       "the merchant's Alipay account",
	"create.app_name":                             "the mini program's name",
	"create.cert_name":                            "the name on the business licence",
	"create.cert_no":                              "the number of the business licence",
	"create.contact_name":                         "the contact's name",
	"create.contact_phone":                        "the contact's phone",
	"create.is_individual":                        "whether it is an individual business",
	"create.legal_personal_name":                  "the legal representative's name",
	"create.license_pic":                          "the picture of the business licence",
	"create.uid":                                  "the merchant's Alipay user id",
	"create.auth_notify_url":                      "the page after the confirmation",
	"version.template_id":                         "the template",
	"version.template_version":                    "the template's version",
	"version.app_version":                         "the version",
	"version.ext":                                 "the template's settings",
	"submission":                                  "the submission",
	"submission.app_desc":                         "the description",
	"submission.app_english_name":                 "the English name",
	"submission.app_name":                         "the mini program's name",
	"submission.app_slogan":                       "the slogan",
	"submission.audit_rule":                       "the way of the audit",
	"submission.license_name":                     "the name on the paper",
	"submission.license_no":                       "the number of the paper",
	"submission.license_valid_date":               "the day on which the paper ends",
	"submission.memo":                             "the note for the reviewer",
	"submission.mini_category_ids":                "the categories",
	"submission.region_type":                      "the region",
	"submission.service_email":                    "the mail address for customers",
	"submission.service_phone":                    "the phone for customers",
	"submission.service_region_info":              "the regions",
	"submission.version_desc":                     "what is new in the version",
	"submission.files.app_logo":                   "the logo",
	"submission.files.out_door_pic":               "the picture of the shop front",
	"submission.files.first_screen_shot":          "the first screen shot",
	"submission.files.second_screen_shot":         "the second screen shot",
	"submission.files.third_screen_shot":          "the third screen shot",
	"submission.files.fourth_screen_shot":         "the fourth screen shot",
	"submission.files.fifth_screen_shot":          "the fifth screen shot",
	"submission.files.first_license_pic":          "the first picture of a paper",
	"submission.files.second_license_pic":         "the second picture of a paper",
	"submission.files.third_license_pic":          "the third picture of a paper",
	"submission.files.fourth_license_pic":         "the fourth picture of a paper",
	"submission.files.fifth_license_pic":          "the fifth picture of a paper",
	"submission.files.test_file_name":             "the file for the test",
	"submission.files.first_special_license_pic":  "the first picture of a special paper",
	"submission.files.second_special_license_pic": "the second picture of a special paper",
	"submission.files.third_special_license_pic":  "the third picture of a special paper",
}
