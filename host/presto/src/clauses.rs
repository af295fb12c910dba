//! Clauses that sqlparser reads, DataFusion ignores or runs, and Presto's grammar does not have.

use datafusion::sql::sqlparser::ast::{
    Distinct, GroupByExpr, LimitClause, Query, Select, SetExpr, TableFactor,
};

/// Says what Presto does not have in a query, without the parts that are queries themselves.
pub fn check_query(query: &Query) -> Option<&'static str> {
    // Taken apart, so that a clause that a newer parser reads is not passed over.
    let Query {
        with,
        body,
        order_by: _,
        limit_clause,
        fetch: _,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    if with.as_ref().is_some_and(|with| with.recursive) {
        return Some("WITH RECURSIVE is not supported");
    }
    match limit_clause {
        Some(LimitClause::OffsetCommaLimit { .. }) => return Some("LIMIT a, b is not supported"),
        Some(LimitClause::LimitOffset { limit_by, .. }) if !limit_by.is_empty() => {
            return Some("LIMIT BY is not supported");
        }
        Some(LimitClause::LimitOffset { .. }) | None => {}
    }
    if !locks.is_empty() || for_clause.is_some() {
        return Some("FOR is not supported");
    }
    if settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty() {
        return Some("this kind of clause is not supported");
    }
    match &**body {
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
            Some("only queries are supported")
        }
        SetExpr::Table(_) => Some("TABLE is not supported"),
        SetExpr::Select(_)
        | SetExpr::Query(_)
        | SetExpr::SetOperation { .. }
        | SetExpr::Values(_) => None,
    }
}

/// Says what Presto does not have in one SELECT.
pub fn check_select(select: &Select) -> Option<&'static str> {
    let Select {
        select_token: _,
        optimizer_hints: _,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor: _,
    } = select;
    let modifiers = match group_by {
        GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers) => modifiers,
    };
    let clauses = [
        (into.is_some(), "SELECT INTO is not supported"),
        (qualify.is_some(), "QUALIFY is not supported"),
        (
            matches!(distinct, Some(Distinct::On(_))),
            "DISTINCT ON is not supported",
        ),
        (top.is_some(), "TOP is not supported"),
        (exclude.is_some(), "EXCLUDE is not supported"),
        (!lateral_views.is_empty(), "LATERAL VIEW is not supported"),
        (prewhere.is_some(), "PREWHERE is not supported"),
        (!connect_by.is_empty(), "CONNECT BY is not supported"),
        (
            matches!(group_by, GroupByExpr::All(_)),
            "GROUP BY ALL is not supported",
        ),
        (
            !modifiers.is_empty(),
            "GROUP BY with a modifier is not supported",
        ),
        (!cluster_by.is_empty(), "CLUSTER BY is not supported"),
        (!distribute_by.is_empty(), "DISTRIBUTE BY is not supported"),
        (!sort_by.is_empty(), "SORT BY is not supported"),
        (
            select_modifiers.is_some() || value_table_mode.is_some(),
            "this kind of SELECT is not supported",
        ),
    ];
    let found = clauses.into_iter().find(|(is_there, _)| *is_there);
    found.map(|(_, message)| message)
}

/// Says what Presto does not have in a table of FROM.
pub fn check_factor(factor: &TableFactor) -> Option<&'static str> {
    let clauses = match factor {
        TableFactor::Table {
            name: _,
            alias: _,
            args: _,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } => vec![
            (
                !with_hints.is_empty() || !index_hints.is_empty(),
                "hints of a table are not supported",
            ),
            (version.is_some(), "a version of a table is not supported"),
            (*with_ordinality, "WITH ORDINALITY is for UNNEST alone"),
            (!partitions.is_empty(), "PARTITION is not supported"),
            (json_path.is_some(), "a path in a table is not supported"),
            (sample.is_some(), "TABLESAMPLE is not supported"),
        ],
        TableFactor::Derived { sample, .. } => {
            vec![(sample.is_some(), "TABLESAMPLE is not supported")]
        }
        TableFactor::UNNEST { with_offset, .. } => {
            vec![(*with_offset, "WITH OFFSET is not supported")]
        }
        TableFactor::TableFunction { .. }
        | TableFactor::Function { .. }
        | TableFactor::NestedJoin { .. } => Vec::new(),
        TableFactor::JsonTable { .. }
        | TableFactor::OpenJsonTable { .. }
        | TableFactor::Pivot { .. }
        | TableFactor::Unpivot { .. }
        | TableFactor::MatchRecognize { .. }
        | TableFactor::XmlTable { .. }
        | TableFactor::SemanticView { .. } => {
            vec![(true, "this kind of table is not supported")]
        }
    };
    let found = clauses.into_iter().find(|(is_there, _)| *is_there);
    found.map(|(_, message)| message)
}
