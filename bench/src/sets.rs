//! What is installed.

/// A set of requirements that is measured together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    /// Its name in tables and folders.
    pub(crate) name: &'static str,
    /// What is asked for.
    pub(crate) requirements: &'static [&'static str],
}

/// Five sets that people install, from small to large.
pub(crate) const SETS: [Set; 5] = [
    Set { name: "flask", requirements: &["flask"] },
    Set { name: "fastapi", requirements: &["fastapi", "uvicorn", "sqlalchemy", "httpx"] },
    Set { name: "django", requirements: &["django", "celery", "psycopg2-binary", "redis"] },
    Set { name: "data", requirements: &["pandas", "scikit-learn", "matplotlib"] },
    Set { name: "jupyter", requirements: &["jupyterlab"] },
];
