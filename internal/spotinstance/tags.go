package spotinstance

import (
	"maps"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// TagValidators hold KEC's rules for tags, of an instance and of the provider's
// default_tags.
func TagValidators() []validator.Map {
	return []validator.Map{
		mapvalidator.NoNullValues(),
		mapvalidator.KeysAre(stringvalidator.UTF8LengthBetween(1, 128), stringvalidator.RegexMatches(
			regexp.MustCompile(`^([^kK]|[kK]([^sS]|$)|[kK][sS]([^cC]|$))`), "must not start with ksc, which KEC keeps for itself"),
			stringvalidator.NoneOf(kec.MarkKey)), // by which a launch is found again
		mapvalidator.ValueStringsAre(stringvalidator.UTF8LengthAtMost(255)),
	}
}

// allTags is what the instance carries: the provider's default tags, and the
// resource's own, which win. It is unknown while either is.
func allTags(defaults, own types.Map) types.Map {
	if own.IsUnknown() || defaults.IsUnknown() {
		return types.MapUnknown(types.StringType)
	}
	all := make(map[string]attr.Value, len(defaults.Elements())+len(own.Elements()))
	maps.Copy(all, defaults.Elements())
	maps.Copy(all, own.Elements())
	return types.MapValueMust(types.StringType, all)
}

// refreshTags reads the tags back. Tags that start with ksc are KEC's own (fact
// 216), and the mark of the launch is the client's. A tag that has the default's value now, or had it when the state was
// written, is the provider's, unless the user has written it into the resource.
func (m *model) refreshTags(now, defaults map[string]string) {
	all, own := map[string]attr.Value{}, map[string]attr.Value{}
	for k, v := range now {
		if strings.HasPrefix(strings.ToLower(k), "ksc") || k == kec.MarkKey {
			continue
		}
		tag := types.StringValue(v)
		all[k] = tag
		_, written := m.Tags.Elements()[k]
		d, isDefault := defaults[k]
		before, was := m.TagsAll.Elements()[k]
		if written || !(isDefault && d == v) && !(was && before.Equal(tag)) {
			own[k] = tag
		}
	}
	m.TagsAll = types.MapValueMust(types.StringType, all)
	if len(own) > 0 || len(m.Tags.Elements()) > 0 { // null and {} mean the same; keep what the user wrote
		m.Tags = types.MapValueMust(types.StringType, own)
	}
}
