select documents.title as report, sections.title as section, product, price_eur, sold_on, doc_id, table_id, row
from {{ source('datasets', 'price_eur__product__sold_on') }}
join {{ source('records', 'tables') }} as tables using (doc_id, table_id)
join {{ source('records', 'sections') }} as sections using (doc_id, section_id)
join {{ source('records', 'documents') }} as documents using (doc_id)
