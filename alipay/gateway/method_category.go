package gateway

import (
	"context"
	"fmt"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// MaxCategories is how many categories one call of CategoryPapers may ask about
// (category_code_list of alipay.open.mini.category.require.query).
const MaxCategories = 5

// CategoryPapers says which papers a submission in a category has to bring.
type CategoryPapers struct {
	Code            string // first_second or first_second_third, as in mini_category_ids
	Name            string // the names of all levels
	Requirements    string // in Alipay's words
	BusinessLicence bool   // first_license_pic
	SpecialLicence  bool   // first_special_license_pic
	DoorPhoto       bool   // out_door_pic
}

// Paper is one that a submission has to bring.
type Paper struct {
	File string // its field among the files of a submission, such as first_license_pic
	Name string // what a merchant calls it: a sentence of the catalogue, in English
}

// Papers lists what is required.
func (p CategoryPapers) Papers() []Paper {
	needed := []Paper{}
	for _, one := range []struct {
		required bool
		Paper
	}{
		{p.BusinessLicence, Paper{"first_license_pic", "the business licence, as a picture"}},
		{p.SpecialLicence, Paper{"first_special_license_pic", "the special licence of the trade, as a picture"}},
		{p.DoorPhoto, Paper{"out_door_pic", "a photo of the shop front, with its sign"}},
	} {
		if one.required {
			needed = append(needed, one.Paper)
		}
	}
	return needed
}

// CategoryPapers asks which papers categories require (alipay.open.mini.category.require.query), as
// the app itself, so that what is missing is known before an audit says so. It asks about
// [MaxCategories] at most; a category that Alipay doesn't know is not in the answer.
func (c *Client) CategoryPapers(ctx context.Context, codes ...string) ([]CategoryPapers, error) {
	if len(codes) == 0 || len(codes) > MaxCategories {
		return nil, fmt.Errorf("ask about one to %d categories, not %d", MaxCategories, len(codes))
	}
	return ask(ctx, c, alipay.MethodCategoryRequire, "", map[string]any{"category_code_list": codes}, func(o wire.Object) []CategoryPapers {
		var papers []CategoryPapers
		for _, one := range o.Objects("category_require_info_list") {
			papers = append(papers, CategoryPapers{
				Code: one.Need("category_code"), Name: one.Text("category_name"), Requirements: one.Text("category_requirements"),
				BusinessLicence: one.Flag("business_licence_required"), SpecialLicence: one.Flag("special_licence_required"), DoorPhoto: one.Flag("door_photo_required"),
			})
		}
		return papers
	})
}
