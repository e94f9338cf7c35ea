package wizard

import (
	"maps"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// TagMaps is the tags of the machine: its own, and all with those of the provider block.
type TagMaps struct {
	Tags    types.Map `tfsdk:"tags"`
	TagsAll types.Map `tfsdk:"tags_all"`
}

// Attributes describes the step; tags_all is in [TagMaps.ReportedAttributes].
func (TagMaps) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"tags": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Tags of the instance; at the launch its data disks get them too. Keys up to 128 characters, not starting with `ksc`; values up to 255. " +
				"Each instance also carries the tag `kec-launch-mark`, by which its launch is found again when an answer is lost, and `kec-start-again` while it is stopped for a change; they are not shown here. Default: none. Changed in place.",
			Validators: TagValidators(),
		},
	}
}

// ReportedAttributes describes what nobody can set.
func (TagMaps) ReportedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"tags_all": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "All tags of the instance: the provider's `default_tags` and `tags`, which win.",
		},
	}
}

// ChangeTags is the call that changes the tags.
const ChangeTags param.Change = "tags"

// Lines adds the settings of the step to the table of parameters.
func (m TagMaps) Lines(t *param.Table) {
	t.Root("tags", "Tag", m.TagsAll).InPlace(ChangeTags)
	if len(m.TagsAll.Elements()) > 0 {
		t.Fixed("SyncTag", "true") // the data disks carry the tags too
	}
}

// TagValidators hold KEC's rules for tags, of an instance and of the default_tags of the provider
// block.
func TagValidators() []validator.Map {
	return []validator.Map{
		mapvalidator.NoNullValues(),
		mapvalidator.KeysAre(stringvalidator.UTF8LengthBetween(1, 128), stringvalidator.RegexMatches(
			regexp.MustCompile(`^([^kK]|[kK]([^sS]|$)|[kK][sS]([^cC]|$))`), "must not start with ksc, which KEC keeps for itself"),
			stringvalidator.NoneOfCaseInsensitive(machines.LaunchTagKey, machines.StartAgainTagKey, machines.FleetTagKey)),
		mapvalidator.ValueStringsAre(stringvalidator.UTF8LengthAtMost(255)),
	}
}

// Merged is all tags of the machine: the default ones of the provider block, and its own, which
// win. It is unknown while either is.
func (m TagMaps) Merged(defaults types.Map) types.Map {
	if m.Tags.IsUnknown() || defaults.IsUnknown() {
		return types.MapUnknown(types.StringType)
	}
	all := make(map[string]attr.Value, len(defaults.Elements())+len(m.Tags.Elements()))
	maps.Copy(all, defaults.Elements())
	maps.Copy(all, m.Tags.Elements())
	return types.MapValueMust(types.StringType, all)
}

// Refresh reads the step back from the tags that KEC reports. Tags whose key starts with ksc are
// KEC's own (fact 216: such keys belong to KEC), and those of [machines.InternalTag] are the
// client's: neither are shown. A tag that is a default tag with its value of now, or of when the
// state was written, belongs to the provider block, unless the user has written it into the
// resource.
func (m *TagMaps) Refresh(now, defaults map[string]string) {
	all, own := map[string]attr.Value{}, map[string]attr.Value{}
	for k, v := range now {
		if strings.HasPrefix(strings.ToLower(k), "ksc") || machines.InternalTag(k) {
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
