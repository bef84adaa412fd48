-- Least versions have become a list with days, and an area is a circle or a polygon: what the rules said before is carried over.
-- The texts hold ids of platforms, versions and numbers alone, so that they can be rewritten as text, on both engines alike.
UPDATE compliance_rule SET rule = CAST(replace(
	replace(CAST(rule AS TEXT), '"area": ', '"area":'),
	'"area":' || (rule ->> 'area'),
	'"area":{"circle":' || (rule ->> 'area') || ',"hours":' || coalesce(rule -> 'area' ->> 'hours', '24') || '}') AS JSONB)
WHERE rule ->> 'area' IS NOT NULL;

UPDATE compliance_rule SET rule = CAST(replace(
	replace(CAST(rule AS TEXT), '"versions": ', '"versions":'),
	'"versions":' || (rule ->> 'versions'),
	'"floors":' || replace(replace(replace(replace(replace(replace(replace(replace((rule ->> 'versions'),
		'": "', '":"'), '", "', '","'),
		'":"', '@'), '","', '#'),
		'{"', '[{"platform":"'), '"}', '"}]'),
		'@', '","version":"'), '#', '"},{"platform":"')) AS JSONB)
WHERE rule ->> 'versions' IS NOT NULL;
