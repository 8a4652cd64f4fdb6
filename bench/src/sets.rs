//! What is installed.

/// A set of requirements that is measured together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    /// Its name in tables and folders.
    pub(crate) name: &'static str,
    /// What is asked for.
    pub(crate) requirements: &'static [&'static str],
    /// Whether its database lists every wheel there is, and choosing is all that is measured.
    pub(crate) only_choosing: bool,
}

/// Five sets that people install, from small to large, and two projects with very many wheels to choose from.
pub(crate) const SETS: [Set; 7] = [
    Set { name: "flask", requirements: &["flask"], only_choosing: false },
    Set {
        name: "fastapi",
        requirements: &["fastapi", "uvicorn", "sqlalchemy", "httpx"],
        only_choosing: false,
    },
    Set {
        name: "django",
        requirements: &["django", "celery", "psycopg2-binary", "redis"],
        only_choosing: false,
    },
    Set { name: "data", requirements: &["pandas", "scikit-learn", "matplotlib"], only_choosing: false },
    Set { name: "jupyter", requirements: &["jupyterlab"], only_choosing: false },
    Set { name: "boto3", requirements: &["boto3"], only_choosing: true },
    Set { name: "numpy", requirements: &["numpy"], only_choosing: true },
];
